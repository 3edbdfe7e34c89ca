"""Discovery: the accounts that a token can see, and the installations of an App."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from exporter.accounts import AccountType
from exporter.demo import people
from exporter.demo.accounts import SimulatedAccount
from exporter.demo.answer import (
    MISSING_SCOPE,
    NOT_FOR_APPS,
    NOT_FOUND,
    NOT_TO_BE_NARROWED,
    SUSPENDED,
    UNREADABLE_JSON,
    Answer,
    ok,
)
from exporter.demo.app import SimulatedApp
from exporter.demo.callers import Caller, Kind
from exporter.demo.question import Page

_USUAL_PAGE = 30

Accounts = Sequence[SimulatedAccount]
Query = Mapping[str, str]


def organizations(accounts: Accounts, caller: Caller, query: Query) -> Answer:
    """Answer ``/user/orgs``, empty for a fine-grained token (OpenAPI 23.0.2)."""
    if caller.kind is Kind.INSTALLATION:
        return NOT_FOR_APPS
    if caller.kind is Kind.CLASSIC and not caller.may("read:org", "admin:org", "user"):
        return MISSING_SCOPE
    found = [
        people.simple_organization(each.name)
        for each in accounts
        if each.type is AccountType.ORGANIZATION
        and caller.kind is Kind.CLASSIC
        and caller.sees(each)
    ]
    return _paged(found, query)


def installable(accounts: Accounts, caller: Caller, slug: str, query: Query) -> Answer:
    """Answer ``/enterprises/{e}/apps/installable_organizations`` to an App installed on it."""
    key = AccountType.ENTERPRISE, slug.casefold()
    if caller.installation is None or caller.installation.key != key:
        return NOT_FOUND
    found = [
        {"id": people.number(each.name), "login": each.name}
        for each in accounts
        if each.type is AccountType.ORGANIZATION and (each.enterprise or "").casefold() == key[1]
    ]
    return _paged(found, query)


def installations(app: SimulatedApp, query: Query) -> Answer:
    """Answer ``/app/installations``, including suspended ones."""
    return _paged([app.description(each) for each in app.installations], query)


def installation(app: SimulatedApp, account_type: AccountType, name: str) -> Answer:
    """Answer ``…/{account}/installation``."""
    found = app.installed((account_type, name.casefold()))
    return ok(app.description(found)) if found else NOT_FOUND


def access_token(app: SimulatedApp, number: str, body: bytes, now: datetime) -> Answer:
    """Answer ``POST /app/installations/{id}/access_tokens``.

    A body may restrict the permissions, except on an enterprise (OpenAPI 23.0.2); the
    restriction is not simulated.
    """
    found = app.by_id(number)
    if found is None:
        return NOT_FOUND
    if found.suspended:
        return SUSPENDED
    try:
        narrowed = json.loads(body) if body else {}
    except ValueError:
        return UNREADABLE_JSON
    if narrowed and found.type is AccountType.ENTERPRISE:
        return NOT_TO_BE_NARROWED
    return ok(app.issue(found, now), status=201)


def _paged(found: Sequence[object], query: Query) -> Answer:
    page = Page.asked(query, _USUAL_PAGE)
    return ok(page.of(found), last_page=page.last(found))
