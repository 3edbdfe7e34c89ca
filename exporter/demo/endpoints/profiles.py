"""Profiles of accounts, with the plan if the credential may see it."""

import zlib
from collections.abc import Mapping

from exporter.accounts import AccountType
from exporter.demo import people
from exporter.demo.accounts import SimulatedAccount


def organization(account: SimulatedAccount) -> Mapping[str, object]:
    """Return an organization; only owners see its ``plan`` (OpenAPI 23.0.2, get an org)."""
    bought = -(-account.seats // 10) * 10
    seats = {"filled_seats": account.seats, "seats": bought}
    return _profile(account, "Organization", {"space": 976_562_499, "private_repos": 9_999} | seats)


def user(account: SimulatedAccount) -> Mapping[str, object]:
    """Return the owner of the credential; ``plan`` needs the scope ``user``."""
    limits = {"space": 976_562_499, "collaborators": 0, "private_repos": 9_999}
    return _profile(account, "User", limits)


def public(account: SimulatedAccount) -> Mapping[str, object]:
    """Return a user or an organization as everybody sees it."""
    kind = "User" if account.type is AccountType.USER else "Organization"
    return people.simple_user(account.name, kind)


def _profile(
    account: SimulatedAccount, kind: str, limits: Mapping[str, int]
) -> Mapping[str, object]:
    plan = {} if "plan" in account.hidden else {"plan": {"name": account.plan, **limits}}
    return {
        "login": account.name,
        "id": zlib.crc32(account.name.encode()),
        "type": kind,
        "name": account.name.title(),
        **plan,
    }
