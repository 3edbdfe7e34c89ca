"""Which path is which question, and who may ask it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from exporter.accounts import AccountType, Platform
from exporter.demo import advanced_security, legacy, profiles, reports
from exporter.demo.accounts import LegacyFamily, SimulatedAccount
from exporter.demo.answer import NO_USAGE_DATA, NOT_FOUND, Answer, moved, ok
from exporter.demo.consumption import Activity

VERSIONS = ("2026-03-10", "2022-11-28")

_TYPES = {
    "orgs": AccountType.ORGANIZATION,
    "organizations": AccountType.ORGANIZATION,
    "users": AccountType.USER,
    "enterprises": AccountType.ENTERPRISE,
}

Members = Sequence[SimulatedAccount]


def find(
    accounts: Sequence[SimulatedAccount], account_type: AccountType, name: str
) -> SimulatedAccount | None:
    """Look an account up, whatever the case of its name."""
    key = account_type, name.casefold()
    return next((each for each in accounts if each.key == key), None)


def route(
    accounts: Sequence[SimulatedAccount],
    path: str,
    query: Mapping[str, str],
    now: datetime,
    activity: Activity,
) -> Answer:
    """Answer a GET. What is not here is not found, a trailing slash included."""
    match path.split("/")[1:]:
        case ["versions"]:
            return ok(VERSIONS)
        case ["user"]:
            people = [each for each in accounts if each.type is AccountType.USER]
            viewer = people[0] if people else SimulatedAccount(AccountType.USER, "octocat")
            return ok(profiles.user(viewer))
        case ["orgs", name]:
            found = find(accounts, AccountType.ORGANIZATION, name)
            return ok(profiles.organization(found)) if found else NOT_FOUND
        case [root, name, "settings", "billing", *question] if root in _TYPES:
            found = find(accounts, _TYPES[root], name)
            if found is not None:
                members = [found, *_owned(accounts, found)]
                return _bill(members, root, "/".join(question), query, now=now, activity=activity)
    return NOT_FOUND


def _owned(accounts: Sequence[SimulatedAccount], owner: SimulatedAccount) -> list[SimulatedAccount]:
    if owner.type is not AccountType.ENTERPRISE:
        return []
    slug = owner.name.casefold()
    return [each for each in accounts if each.enterprise and each.enterprise.casefold() == slug]


def _bill(
    members: Members,
    root: str,
    question: str,
    query: Mapping[str, str],
    *,
    now: datetime,
    activity: Activity,
) -> Answer:
    """Tell apart what stands under ``/organizations/`` and what under ``/orgs/``."""
    match root, question:
        case "organizations" | "users" | "enterprises", "usage":
            return _usage(members[0]) or reports.report(members, query, now, activity)
        case "organizations" | "users" | "enterprises", "usage/summary":
            return _usage(members[0]) or reports.summary(members, query, now, activity)
        case "orgs" | "users" | "enterprises", "actions" | "packages" | "shared-storage" as family:
            return _legacy(members, family, now, activity)
        case "orgs" | "enterprises", "advanced-security":
            hidden = "advanced_security" in members[0].hidden
            return NOT_FOUND if hidden else advanced_security.committers(members, query, now)
    return NOT_FOUND


def _usage(account: SimulatedAccount) -> Answer | None:
    """Refuse what is not yet there, or not for this credential."""
    if account.platform is Platform.LEGACY:
        return NOT_FOUND
    return NO_USAGE_DATA if "usage" in account.hidden else None


def _legacy(members: Members, family: LegacyFamily, now: datetime, activity: Activity) -> Answer:
    account = members[0]
    if account.platform is Platform.USAGE:
        return moved(account.type)
    return (
        NOT_FOUND if "legacy" in account.hidden else legacy.figures(members, family, now, activity)
    )
