"""Routes of the simulated GitHub, with their permissions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from exporter.accounts import AccountType
from exporter.demo.accounts import SimulatedAccount
from exporter.demo.answer import (
    AUTHENTICATION_FAILED,
    BAD_CREDENTIALS,
    NO_BLOB,
    NO_JWT,
    NOT_FOR_APPS,
    NOT_FOR_THIS_TOKEN,
    NOT_FOUND,
    TOKEN_SENT_TO_STORAGE,
    Answer,
    Refused,
    ok,
)
from exporter.demo.app import SimulatedApp
from exporter.demo.callers import Caller, Kind, closed_to
from exporter.demo.consumption import Activity
from exporter.demo.endpoints import discovery, exports, graphql, profiles, repositories
from exporter.demo.endpoints.table import ENDPOINTS, POSTS
from exporter.demo.exports import DOWNLOADS, is_signed
from exporter.demo.question import Question

EnterpriseServer = Literal[False, True, "old"]

_TYPES = {
    "orgs": AccountType.ORGANIZATION,
    "organizations": AccountType.ORGANIZATION,
    "users": AccountType.USER,
    "enterprises": AccountType.ENTERPRISE,
}
_META = {"verifiable_password_authentication": True, "installed_version": "3.19.1"}


def find(
    accounts: Sequence[SimulatedAccount], account_type: AccountType, name: str
) -> SimulatedAccount | None:
    """Return an account by name, ignoring case, None if it is unknown."""
    key = account_type, name.casefold()
    return next((each for each in accounts if each.key == key), None)


@dataclass(frozen=True, slots=True)
class Request:
    """A request with its caller. ``path`` is without the prefix of an Enterprise Server.

    ``downloads`` is the origin of download URLs.
    """

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    now: datetime
    caller: Caller
    downloads: str


@dataclass(frozen=True, slots=True)
class Routes:
    """The routes over the current accounts."""

    accounts: Sequence[SimulatedAccount]
    app: SimulatedApp | None
    activity: Activity
    versions: Sequence[str]
    server: EnterpriseServer = False

    def answer(self, request: Request) -> Answer:
        """Return the answer, 404 for unknown paths and for a trailing slash."""
        parts = request.path.split("/")[1:]
        of_app = parts[0] == "app" or (len(parts) == 3 and parts[2] == "installation")
        try:
            if of_app:
                return self._of_app(request, parts)
            if request.caller.kind is Kind.APP and parts != ["versions"]:
                return BAD_CREDENTIALS  # the refusal of a JWT here is a guess
            match request.method:
                case "GET":
                    return self._get(request, parts)
                case "POST":
                    return self._post(request, parts)
        except Refused as refused:
            return refused.answer
        return NOT_FOUND

    def _get(self, request: Request, parts: list[str]) -> Answer:
        match parts:
            case ["versions"]:
                return ok(self.versions)
            case ["meta"] if self.server:
                return ok(_META)
            case ["user", *rest]:
                return self._of_person(request, rest)
            case ["users", name]:
                return self._public(name)
            case [root, name, *rest] if root in _TYPES:
                return self._of_account(request, root, name, rest)
        return NOT_FOUND

    def _post(self, request: Request, parts: list[str]) -> Answer:
        match parts:
            case ["graphql"]:
                return graphql.answer(self.accounts, request.caller, request.body)
            case [root, name, *rest] if root in _TYPES:
                account = self._visible(request, root, name)
                if account is not None:
                    return self._of_bill(request, account, root, rest)
        return NOT_FOUND

    def download(
        self, path: str, query: Mapping[str, str], now: datetime, *, token: bool
    ) -> Answer:
        """Answer as the storage of exports, which refuses signed requests with a ``token``."""
        if token:
            return TOKEN_SENT_TO_STORAGE
        if not is_signed(path, query, now):
            return AUTHENTICATION_FAILED
        export_id, _, name = path.removeprefix(DOWNLOADS).partition("/")
        for account in self.accounts:
            for export in account.exports.made:
                if export.id == export_id:
                    members = [account, *self._owned(account)]
                    return exports.download(
                        Question(members, query, now, self.activity), export, name
                    )
        return NO_BLOB

    def _visible(self, request: Request, root: str, name: str) -> SimulatedAccount | None:
        account = find(self.accounts, _TYPES[root], name)
        return account if account is not None and request.caller.sees(account) else None

    def _of_person(self, request: Request, rest: list[str]) -> Answer:
        if request.caller.installation is not None:
            return NOT_FOR_APPS
        if rest == ["orgs"]:
            return discovery.organizations(self.accounts, request.caller, request.query)
        return NOT_FOUND if rest else ok(profiles.user(self._viewer(request.caller)))

    def _public(self, name: str) -> Answer:
        """Answer ``/users/{name}``, which has users and organizations, whoever asks."""
        kinds = (AccountType.USER, AccountType.ORGANIZATION)
        found = (find(self.accounts, kind, name) for kind in kinds)
        account = next(filter(None, found), None)
        return ok(profiles.public(account)) if account else NOT_FOUND

    def _of_app(self, request: Request, parts: list[str]) -> Answer:
        """Answer requests that need an App's JWT."""
        if request.caller.kind is not Kind.APP or self.app is None:
            return NO_JWT
        match request.method, parts:
            case "GET", ["app"]:
                return ok(self.app.described())
            case "GET", ["app", "installations"]:
                return discovery.installations(self.app, request.query)
            case "POST", ["app", "installations", number, "access_tokens"]:
                return discovery.access_token(self.app, number, request.body, request.now)
            case "GET", ["orgs" | "users" | "enterprises" as root, name, "installation"]:
                return discovery.installation(self.app, _TYPES[root], name)
        return NOT_FOUND

    def _of_account(self, request: Request, root: str, name: str, rest: list[str]) -> Answer:
        if root == "orgs" and rest == ["repos"]:
            return repositories.listed(self.accounts, request.caller, name, request.query)
        caller, account = request.caller, self._visible(request, root, name)
        if account is None:
            return NOT_FOUND
        if root == "orgs" and not rest:
            return ok(profiles.organization(account))
        if root == "enterprises" and rest == ["apps", "installable_organizations"]:
            return discovery.installable(self.accounts, caller, name, request.query)
        return self._of_bill(request, account, root, rest)

    def _of_bill(
        self, request: Request, account: SimulatedAccount, root: str, rest: list[str]
    ) -> Answer:
        """Answer about a bill, under ``/organizations/`` or ``/orgs/`` as on GitHub."""
        item = ""
        if rest[2:3] in (["budgets"], ["cost-centers"], ["reports"]) and len(rest) > 3:
            item, rest[3] = rest[3], "{id}"
        endpoints = POSTS if request.method == "POST" else ENDPOINTS
        endpoint = endpoints.get("/".join(rest))
        if endpoint is None or root not in endpoint.roots:
            return NOT_FOUND
        query = dict(request.query)
        if self.server:
            if endpoint.family != "advanced_security":
                return NOT_FOUND
            if self.server == "old":
                query.pop("advanced_security_product", None)
        if closed_to(request.caller, account.type, endpoint.family):
            return NOT_FOR_APPS if request.caller.installation else NOT_FOR_THIS_TOKEN
        members = [account, *self._owned(account)]
        question = Question(
            members,
            query,
            request.now,
            self.activity,
            item,
            request.body,
            self._actor(request.caller),
            request.downloads,
        )
        return endpoint.refusal(account) or endpoint.answer(question)

    def _actor(self, caller: Caller) -> str:
        if caller.installation is not None and self.app is not None:
            return f"{self.app.slug}[bot]"
        return self._viewer(caller).name

    def _viewer(self, caller: Caller) -> SimulatedAccount:
        """Return the owner of a token: by login, else the first user."""
        people = [each for each in self.accounts if each.type is AccountType.USER]
        if caller.login:
            named = find(people, AccountType.USER, caller.login)
            return named or SimulatedAccount(AccountType.USER, caller.login)
        return people[0] if people else SimulatedAccount(AccountType.USER, "octocat")

    def _owned(self, owner: SimulatedAccount) -> list[SimulatedAccount]:
        if owner.type is not AccountType.ENTERPRISE:
            return []
        slug = owner.name.casefold()
        return [each for each in self.accounts if (each.enterprise or "").casefold() == slug]
