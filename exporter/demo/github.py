"""An ASGI application that answers like api.github.com for billing."""

import hashlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import parse_qsl, urlencode, urlsplit

from exporter.accounts import AccountType
from exporter.demo import answer, delivery
from exporter.demo.accounts import SimulatedAccount
from exporter.demo.answer import Answer, ok
from exporter.demo.app import SimulatedApp
from exporter.demo.callers import ALL_SCOPES, Caller, Credentials, Kind, SimulatedToken
from exporter.demo.consumption import Activity
from exporter.demo.delivery import Message, Receive, Send
from exporter.demo.exports import DOWNLOADS
from exporter.demo.limits import Limits
from exporter.demo.routes import EnterpriseServer, Request, Routes, find

DEMO_TOKEN = "ghp_" + "demo" * 9
DEFAULT_VERSION = "2022-11-28"
VERSIONS = ("2026-03-10", DEFAULT_VERSION)

_STORAGE = "https://exports.simulated-github.invalid"
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_DEFAULT_CALLER = Caller(Kind.CLASSIC, "user ID 1")
_SERVER_ROOT = "/api/v3"
_SCOPES = {
    "orgs": "admin:org, repo",
    "organizations": "admin:org, repo",
    "users": "user",
    "user": "user",
    "enterprises": "manage_billing:enterprise",
}


@dataclass
class RecordedRequest:
    """A recorded request. ``headers`` have lower-case names; ``status`` is None until answered."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    at: datetime
    url: str = ""
    body: bytes = b""
    status: int | None = None

    @property
    def version(self) -> str:
        return self.headers.get("x-github-api-version", DEFAULT_VERSION)

    @property
    def origin(self) -> str:
        """Scheme, host and port of the URL."""
        return self.url.removesuffix(self.path)

    @property
    def resource(self) -> str:
        """The rate limit that it counts against."""
        return "graphql" if self.path.endswith("/graphql") else "core"


class SimulatedGitHub:
    """A simulated GitHub.

    ``clock`` returns the time in UTC. Generated usage follows the clock, and also grows by
    ``pace`` hours of usage per second. ``token`` is accepted, with the ``scopes`` that GitHub
    reports for it, until ``expires``; ``tokens`` are further tokens, ``app`` is a GitHub App.
    ``rate_limit`` is in requests per clock hour for each caller; 304 and ``/rate_limit`` do not
    count. ``enterprise_server`` simulates a GitHub Enterprise Server, under ``/api/v3`` and
    without rate limits; an ``"old"`` one ignores ``advanced_security_product``. ``downloads`` is
    the origin of the storage from which exports are downloaded, by default another host, and over
    loopback this one.
    All of these, ``accounts`` and every field of an account may be changed at run time.
    ``requests`` keeps the last 10,000 requests.
    """

    def __init__(
        self,
        accounts: Sequence[SimulatedAccount],
        *,
        clock: Callable[[], datetime],
        token: str = DEMO_TOKEN,
        scopes: str = ALL_SCOPES,
        rate_limit: int = 5000,
        pace: float = 0.0,
        expires: datetime | None = None,
        tokens: Mapping[str, SimulatedToken] | None = None,
        app: SimulatedApp | None = None,
        enterprise_server: EnterpriseServer = False,
        downloads: str | None = None,
    ) -> None:
        self.accounts = list(accounts)
        self.token = token
        self.scopes = scopes
        self.rate_limit = rate_limit
        self.expires = expires
        self.tokens = dict(tokens or {})
        self.app = app
        self.enterprise_server = enterprise_server
        self.downloads = downloads
        self.requests: deque[RecordedRequest] = deque(maxlen=10_000)
        self._clock = clock
        self._activity = Activity(made=clock(), pace=pace)
        self._limits = Limits()
        self._answered = 0

    def account(self, account_type: AccountType, name: str) -> SimulatedAccount:
        """Return an account by name, ignoring case. Raises ``KeyError``."""
        found = find(self.accounts, account_type, name)
        if found is None:
            raise KeyError(f"no simulated {account_type} {name}")
        return found

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        request = self._recorded(scope)
        if request.method != "GET":
            request.body = await delivery.body_of(receive)
        caller = self._caller(request)
        said = self._dressed(request, caller, self._answer(request, caller))
        said = delivery.packed(said, request.headers)
        request.status = said.status
        await delivery.transmit(said, send)

    def _recorded(self, scope: Message) -> RecordedRequest:
        if scope["type"] != "http":
            raise NotImplementedError("only http is supported")
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        request = RecordedRequest(
            method=scope["method"],
            path=scope["path"],
            query=dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True)),
            headers=headers,
            at=self._clock(),
            url=f"{scope['scheme']}://{headers.get('host', 'api.github.com')}{scope['path']}",
        )
        self.requests.append(request)
        return request

    def _path(self, request: RecordedRequest) -> str:
        """Return the path as on github.com, ``/`` for one outside a server's API."""
        if not self.enterprise_server:
            return request.path
        if request.path == "/api/graphql":
            return "/graphql"
        inside = request.path.startswith(f"{_SERVER_ROOT}/")
        return request.path.removeprefix(_SERVER_ROOT) if inside else "/"

    def _storage(self, request: RecordedRequest) -> str:
        """Return the origin of the download URLs."""
        if self.downloads is not None:
            return self.downloads
        return request.origin if urlsplit(request.url).hostname in _LOOPBACK else _STORAGE

    def _is_download(self, request: RecordedRequest) -> bool:
        inside = request.path.startswith(DOWNLOADS)
        return inside and request.origin == self._storage(request)

    def _caller(self, request: RecordedRequest) -> Caller | Answer:
        own = SimulatedToken("", scopes=self.scopes, expires=self.expires)
        known = Credentials({**self.tokens, self.token: own}, self.app)
        return known.caller(request.headers.get("authorization"), self._clock())

    def _answer(self, request: RecordedRequest, caller: Caller | Answer) -> Answer:
        versions = VERSIONS[-1:] if self.enterprise_server else VERSIONS
        routes = Routes(self.accounts, self.app, self._activity, versions, self.enterprise_server)
        if self._is_download(request):
            sent = "authorization" in request.headers
            return routes.download(request.path, request.query, self._clock(), token=sent)
        if "user-agent" not in request.headers:
            return answer.NO_USER_AGENT
        if isinstance(caller, Answer):
            return caller
        if request.version not in versions:
            return answer.unknown_version(request.version)
        if self._path(request) == "/rate_limit":
            return self._rate_limit(request, caller)
        return self._counted(request, caller, routes)

    def _counted(self, request: RecordedRequest, caller: Caller, routes: Routes) -> Answer:
        """Answer within the caller's rate limit; unchanged answers do not count."""
        path, now = self._path(request), self._clock()
        limited = not self.enterprise_server
        if limited and self._limits.spent(caller.id, request.resource, self.rate_limit, now):
            return answer.rate_limit_exceeded(caller.id)
        said = routes.answer(
            Request(
                request.method,
                path,
                request.query,
                request.body,
                now,
                caller,
                self._storage(request),
            )
        )
        if said.status == 200 and request.method == "GET":
            said = _tagged(said)
            if said.headers["etag"] in request.headers.get("if-none-match", ""):
                unchanged = {"etag": said.headers["etag"]}
                return Answer(304, b"", unchanged, last_page=said.last_page)
        self._limits.count(caller.id, request.resource, now)
        return said

    def _rate_limit(self, request: RecordedRequest, caller: Caller) -> Answer:
        """Answer ``/rate_limit``; version 2026-03-10 removed ``rate`` (docs: breaking changes)."""
        if self.enterprise_server:
            return answer.NO_RATE_LIMIT
        core = self._limits.state(caller.id, "core", self.rate_limit, self._clock())
        search = {"limit": 30, "used": 0, "remaining": 30, "reset": core["reset"]}
        limits = {"resources": {"core": core, "search": search}}
        return ok(limits if request.version == "2026-03-10" else limits | {"rate": core})

    def _dressed(self, request: RecordedRequest, asking: Caller | Answer, said: Answer) -> Answer:
        if self._is_download(request):
            return said
        self._answered += 1
        caller = _DEFAULT_CALLER if isinstance(asking, Answer) else asking
        headers = {
            "x-github-request-id": f"DE30:{self._answered:06X}",
            "x-github-api-version-selected": request.version,
        }
        if not self.enterprise_server:
            state = self._limits.state(caller.id, request.resource, self.rate_limit, self._clock())
            headers |= {f"x-ratelimit-{name}": str(value) for name, value in state.items()}
            headers["x-ratelimit-resource"] = request.resource
        if asking is caller and caller.kind is Kind.CLASSIC:
            headers["x-oauth-scopes"] = caller.scopes
            headers["x-accepted-oauth-scopes"] = _SCOPES.get(self._path(request).split("/")[1], "")
        if caller.expires is not None:
            headers["github-authentication-token-expiration"] = (
                f"{caller.expires:%Y-%m-%d %H:%M:%S UTC}"
            )
        if said.last_page > 1:
            headers["link"] = _link(request, said.last_page)
        return replace(said, headers={**headers, **said.headers})


def _tagged(said: Answer) -> Answer:
    """Return the answer with an ETag; answers in chunks have their own."""
    if not isinstance(said.body, bytes):
        return said
    etag = f'W/"{hashlib.sha256(said.body).hexdigest()}"'
    return replace(said, headers={**said.headers, "etag": etag})


def _link(request: RecordedRequest, last: int) -> str:
    """Return the ``link`` header (docs: using pagination)."""
    number = max(1, int(request.query.get("page", 1)))
    places = {"prev": number - 1, "next": number + 1, "last": last, "first": 1}
    left_out = {"prev", "first"} if number == 1 else {"next", "last"} if number >= last else set()
    return ", ".join(
        f'<{request.url}?{urlencode({**request.query, "page": str(page)})}>; rel="{name}"'
        for name, page in places.items()
        if name not in left_out
    )
