"""Client of one host and credential: conditional, bounded requests."""

import asyncio
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

import httpx

from exporter import __version__
from exporter.github import addresses, body, errors, meanings
from exporter.github.auth import Credential, Token
from exporter.github.connecting import explained
from exporter.github.pacing import Clock, Gate, Pacing, RateLimit, Sleep, rate_limit
from exporter.github.work import work

REQUEST_SECONDS = 15.0
"""For a request and its answer; GitHub gives up after ten seconds (docs: troubleshooting)."""

# Bounds connecting and each read; `REQUEST_SECONDS` bounds the whole request.
_TIMEOUT = {"timeout": httpx.Timeout(REQUEST_SECONDS, connect=10.0, pool=None).as_dict()}

DOWNLOAD = "(download)"
"""Endpoint of downloads in errors and metrics: their URLs are secrets."""

_OK = (200,)
_REDIRECTS = 3
_OF_ALL = {
    "accept-encoding": "gzip",
    # On a reused connection, excess bytes of an answer would be read as the next one.
    "connection": "close",
    "user-agent": f"github-billing-exporter/{__version__}",
}


def api_version(base_url: str) -> str:
    """Return a host's REST API version. Enterprise Server up to 3.20 knows only the first."""
    return "2022-11-28" if is_enterprise_server(base_url) else "2026-03-10"


def is_enterprise_server(base_url: str) -> bool:
    """Return whether a URL is an Enterprise Server's. Data residency hosts are like github.com."""
    return httpx.URL(base_url).path.rstrip("/").endswith("/api/v3")


def website(base_url: str) -> str:
    """Return the host of the pages of an API: ``https://api.github.com`` → ``github.com``.

    Any other address than an Enterprise Server's or one of data residency, such as a proxy's,
    stands for github.com.
    """
    host = httpx.URL(base_url).host
    if is_enterprise_server(base_url):
        return host
    return host.removeprefix("api.") if host.endswith(".ghe.com") else "github.com"


def fill(endpoint: str, params: Mapping[str, str | int]) -> str:
    """Return the path of an endpoint, with its parameters quoted."""
    return endpoint.format(**{name: quote(str(value), safe="") for name, value in params.items()})


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request as observed, without names; ``status`` is ``error`` without a complete answer."""

    credential: str
    endpoint: str
    status: str
    seconds: float
    rate_limit: RateLimit | None = None
    expires: datetime | None = None
    scopes: str | None = None


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """A decoded answer that GitHub gave or confirmed ``at`` a time, used again on a 304."""

    payload: object
    etag: str
    next_url: str
    credential_version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Received:
    """An answer; ``young`` if the request's token was seconds old."""

    response: httpx.Response
    body: bytes
    credential_version: int
    young: bool = False


@dataclass(frozen=True, slots=True)
class _Question:
    url: str
    endpoint: str
    decoder: body.Decoder[object] | None
    kept: CachedAnswer | None = None
    post: bytes | None = None
    accepted: Collection[int] = _OK
    is_download: bool = False


class Client:
    """Client of one host and one credential, or one installation of an App.

    ``gate`` is shared by the clients of a credential. ``proxy`` is its host, for messages. Uses
    ``transport`` directly, which may be replaced between requests: a client of httpx would keep
    cookies, and send a user in a URL instead of the token.
    """

    def __init__(
        self,
        *,
        transport: httpx.AsyncBaseTransport,
        base_url: str,
        credential: Credential,
        observer: Callable[[Exchange], None],
        clock: Clock,
        sleep: Sleep,
        version: str | None = None,
        gate: Gate | None = None,
        proxy: str = "",
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.host = httpx.URL(base_url).host
        self.enterprise_server = is_enterprise_server(base_url)
        self.credential = credential
        self.pacing = Pacing(clock=clock, sleep=sleep, gate=gate)
        self.sleep = sleep
        self.transport = transport
        self._observer = observer
        self._proxy = proxy
        self.clock = clock
        self._api_version = version or api_version(base_url)

    def seconds_until(self, at: datetime) -> float:
        return (at - self.clock()).total_seconds()

    async def exchange(
        self,
        url: str,
        endpoint: str,
        kept: CachedAnswer | None = None,
        *,
        post: bytes | None = None,
        decoder: body.Decoder[object] | None = None,
        accepted: Collection[int] = _OK,
    ) -> Received:
        """Send a request and read its complete answer, whatever its status.

        ``post`` is JSON. ``decoder`` is fed the body of an ``accepted`` status as it arrives.
        Retries a 401 once if the credential has another token, unless the token was young. Raises
        `Unreachable`, `Rejected`, `InvalidPayload` and the errors of `Credential.read`.
        """
        question = _Question(url, endpoint, decoder, kept, post, accepted)
        token = await self.credential.read()
        received = await self._exchange(question, token)
        refused = received.response.status_code == 401 and not received.young
        if refused and self.credential.refused(token):
            received = await self._exchange(question, await self.credential.read())
        return received

    async def download(self, url: str, decoder: body.Decoder[object]) -> int:
        """Feed a file to ``decoder``, from any host and without the credential; return the status.

        The URL is a secret, and in no error. Raises `Unreachable`, `Rejected` and `InvalidPayload`.
        """
        url = _download_from(url, self.base_url)
        question = _Question(url, DOWNLOAD, decoder, is_download=True)
        response, _ = await self._observed(question, _OF_ALL)
        return response.status_code

    async def _exchange(self, question: _Question, token: Token) -> Received:
        kept, young = question.kept, token.is_young(self.clock())
        asked = {
            **_OF_ALL,
            "accept": "application/vnd.github+json",
            "authorization": f"Bearer {token.value}",
            "x-github-api-version": self._api_version,
        }
        if kept is not None and kept.etag and kept.credential_version == token.version:
            asked["if-none-match"] = kept.etag
        if question.post is not None:
            asked["content-type"] = "application/json"
        response, content = await self._observed(question, asked)
        return Received(response, content, token.version, young)

    async def _observed(
        self, question: _Question, asked: Mapping[str, str]
    ) -> tuple[httpx.Response, bytes]:
        started, endpoint = time.perf_counter(), question.endpoint
        status, headers = "error", httpx.Headers()
        try:
            async with asyncio.timeout(REQUEST_SECONDS) as limit:
                response, content = await self._follow(question, asked, limit)
            status = str(response.status_code)
            if not question.is_download:
                headers = response.headers
        except TimeoutError:
            raise errors.Unreachable(
                detail=f"no response, or no further data, within {REQUEST_SECONDS:g} s",
                endpoint=endpoint,
            ) from None
        except httpx.InvalidURL:  # a name from GitHub may be too long
            raise errors.Rejected(
                detail="a name makes the URL invalid", endpoint=endpoint
            ) from None
        # OSError: from established TLS, and from modules imported on the first connection.
        except (httpx.HTTPError, OSError) as error:
            # The host of a download is not named, like its URL.
            host = "the download" if question.is_download else addresses.shown(question.url)
            detail, hint = explained(error, host, self._proxy)
            raise errors.Unreachable(detail=detail, hint=hint, endpoint=endpoint) from None
        finally:
            self._observer(
                Exchange(
                    credential=self.credential.name,
                    endpoint=endpoint,
                    status=status,
                    seconds=time.perf_counter() - started,
                    rate_limit=core_limit(headers),
                    expires=meanings.expiry(headers),
                    scopes=headers.get("x-oauth-scopes"),
                )
            )
        return response, content

    async def _follow(
        self, question: _Question, headers: Mapping[str, str], limit: asyncio.Timeout
    ) -> tuple[httpx.Response, bytes]:
        url, endpoint, decoder = question.url, question.endpoint, question.decoder
        method, post = "GET" if question.post is None else "POST", question.post
        for _ in range(_REDIRECTS + 1):
            # A transport that records has no other way to know the endpoint.
            extensions = {**_TIMEOUT, "endpoint": endpoint}
            request = httpx.Request(
                method, url, headers=headers, content=post, extensions=extensions
            )
            async with aclosing(await self.transport.handle_async_request(request)) as response:
                if response.status_code in question.accepted and decoder is not None:
                    with self.suspicious(response):
                        await self._feed(decoder, response, endpoint, limit)
                    return response, b""
                if response.status_code not in {301, 302, 303, 307, 308}:
                    return response, await body.read_refusal(response, endpoint)
            if response.status_code == 303:
                method, post = "GET", None  # the request was processed: it must not be repeated
            location = response.headers.get("location", "")
            if question.is_download:
                url = _download_from(location, url)
            else:
                url = self.same_host(location, url, endpoint)
        hint = "" if question.is_download else errors.wrong_address(self.base_url)
        raise errors.Rejected(detail="too many redirects", hint=hint, endpoint=endpoint)

    async def _feed(
        self,
        decoder: body.Decoder[object],
        response: httpx.Response,
        endpoint: str,
        limit: asyncio.Timeout,
    ) -> None:
        async for chunk in body.chunks(response, endpoint):
            decoder.feed(chunk)
            while (piece := decoder.due()) is not None:
                limit.reschedule(None)  # our own work must not count as a delay
                await work(piece)
            if decoder.unhurried:
                limit.reschedule(asyncio.get_running_loop().time() + REQUEST_SECONDS)

    @contextmanager
    def suspicious(self, response: httpx.Response) -> Iterator[None]:
        """Blame the address for an invalid payload if the answer is not GitHub's."""
        try:
            yield
        except errors.InvalidPayload as error:
            is_foreign = error.detail == body.HTML or not meanings.is_of_github(response.headers)
            if is_foreign and error.endpoint != DOWNLOAD:
                error.hint = errors.wrong_address(self.base_url)
            raise

    def same_host(self, location: str, url: str, endpoint: str) -> str:
        """Resolve a redirect or link. Raises `Rejected` for another host or a URL with a user."""
        try:
            target = httpx.URL(url).join(location)
        except (httpx.InvalidURL, ValueError):  # ValueError: an invalid IDNA or IPv6 host
            target = httpx.URL()
        home = httpx.URL(self.base_url)
        if not target.raw_host:
            detail = "the response points to an invalid URL"
            hint = errors.wrong_address(self.base_url)
        elif (target.scheme, target.netloc) != (home.scheme, home.netloc):
            where = addresses.shown(str(target))
            detail = f"the response points to another host, {target.scheme}://{where}"
            hint = "Set github.api-url to the host that serves the API itself."
        elif target.userinfo:
            detail, hint = "the response points to a URL with a user or a password", ""
        else:
            return str(target)
        raise errors.Rejected(detail=detail, hint=hint, endpoint=endpoint)

    def failure(self, received: Received, endpoint: str) -> errors.GitHubError:
        """Return the failure for an answer, and block the credential if it is a rate limit."""
        status, headers = received.response.status_code, received.response.headers
        message = body.message(received.body)
        if meanings.is_limit(status, headers, message):
            return errors.RateLimited(
                detail="the credential's rate limit is used up",
                endpoint=endpoint,
                status=status,
                request_id=meanings.request_id(headers),
                retry_at=self.pacing.limited(headers),
            )
        self.pacing.answered(core_limit(headers))
        error = meanings.of_answer(status, headers, message, endpoint, young=received.young)
        is_foreign = body.is_html(received.body) or not meanings.is_of_github(headers)
        if status == 406 or (400 <= status < 500 and is_foreign):
            usual = "" if isinstance(error, errors.Rejected) else error.usual_hint
            error.hint = f"{errors.wrong_address(self.base_url)} {error.hint or usual}".rstrip()
        return error


def _download_from(location: str, url: str) -> str:
    try:
        target = httpx.URL(url).join(location)
        host = target.host  # decoded, so invalid IDNA raises
    except (httpx.InvalidURL, ValueError):  # ValueError: an invalid IDNA or IPv6 host
        target, host = httpx.URL(), ""
    insecure = target.scheme != "https" and httpx.URL(url).scheme == "https"
    allowed = bool(host) and addresses.is_allowed(target.scheme, host)
    if insecure or target.userinfo or not allowed:
        raise errors.Rejected(
            detail="the response points to an invalid URL, or to one that is not https",
            hint="Check github.api-url and the proxy: files are downloaded over https only.",
            endpoint=DOWNLOAD,
        )
    return str(target)


def core_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """Return the limit of billing endpoints, or None for the limits of search and GraphQL."""
    return rate_limit(headers) if headers.get("x-ratelimit-resource", "core") == "core" else None
