"""Sends series by remote write 1.0, to Prometheus, Mimir, VictoriaMetrics and their like.

The URL and the headers may contain secrets, and an answer may repeat them: no message has them.
"""

import asyncio
import math
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import tenacity

from exporter import __version__, files
from exporter.github.connecting import cause
from exporter.github.pacing import Clock, retry_after
from exporter.history.series import Series
from exporter.history.write_request import WriteRequest, write_requests

REQUEST_SECONDS = 30.0
"""For a request and its answer: the default of Prometheus's own sender."""

TRIES = 8
"""With the waits between them, a receiver has a minute to restart."""

_LONGEST_WAIT = timedelta(minutes=5)
_MOST_OF_ANSWER = 64 << 10
_TIMEOUT = {"timeout": httpx.Timeout(REQUEST_SECONDS, connect=10.0, pool=None).as_dict()}
_BACKOFF = tenacity.wait_random_exponential(multiplier=1, max=30)

_PROTOCOL = {
    "content-type": "application/x-protobuf",
    "content-encoding": "snappy",
    "x-prometheus-remote-write-version": "0.1.0",
    "user-agent": f"github-billing-exporter/{__version__}",
    "accept-encoding": "identity",
}
_OF_HTTP = {"host", "connection", "content-length", "transfer-encoding", "expect", "te", "upgrade"}
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:[ \t]*([\x21-\x7e][\t\x20-\x7e]*)")

_TOO_OLD = ("out of bounds", "out of order", "out-of-order", "too old", "too far in the past")
_DUPLICATE = ("duplicate sample", "duplicate-timestamp", "duplicate timestamp")
_NO_PATH = "unsupported path"
_MIMIR = re.compile(r"err-mimir-[a-z-]{1,60}")

_RUN_AGAIN = "check the receiver, its log and the network, then run this command again"
_NO_RECEIVER = (
    "this is not the URL of a remote-write receiver. Prometheus needs "
    "--web.enable-remote-write-receiver, and its path is /api/v1/write, as VictoriaMetrics's; "
    "Mimir's is /api/v1/push"
)
_OTHER_VALUES = (
    "it has other values at the same times. Use another --label job=…, or delete these series first"
)
_CREDENTIALS = (
    "it needs other credentials: set them in the file of --header-file, such as "
    "Authorization: Bearer TOKEN, and X-Scope-OrgID for Mimir"
)
_REFUSALS = {
    401: _CREDENTIALS,
    403: _CREDENTIALS,
    404: _NO_RECEIVER,
    405: _NO_RECEIVER,
    413: "it or a proxy refuses requests of this size: raise the limit to 2 MiB",
    415: "it does not accept remote write 1.0 (protobuf message prometheus.WriteRequest, snappy)",
}


class WrongSetting(ValueError):
    """A URL or a file of headers that cannot be used. The message has no secret."""


class NotSent(Exception):
    """The receiver did not take all samples. The message is one line with the remedy."""


class _Unavailable(NotSent):
    """Worth another try after ``seconds``."""

    def __init__(self, message: str, seconds: float = 0.0) -> None:
        super().__init__(message)
        self.seconds = seconds


class RemoteWrite:
    """A receiver of remote write. Raises `WrongSetting` if ``url`` cannot be one's.

    ``waiting`` is called with a line before another try. Uses ``transport`` directly, as a client
    of httpx would keep cookies and follow redirects.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        transport: httpx.AsyncBaseTransport,
        clock: Clock,
        waiting: Callable[[str], None],
    ) -> None:
        self._url = _checked(url)
        self._name = str(self._url.copy_with(query=None))
        self._headers = {**headers, **_PROTOCOL}
        self._transport = transport
        self._clock = clock
        self._waiting = waiting

    async def check(self) -> None:
        """Send no series, once, to find out whether a receiver takes any. Raises `NotSent`."""
        await self._try(WriteRequest(b"", 0, 0))

    async def send(self, batch: Iterable[Series], sent: Callable[[int], None]) -> None:
        """Send series; call ``sent`` with the number of samples of each request that was accepted.

        Send the oldest batch first. Samples may be sent again if their values are equal. Retries
        temporary failures. Raises `NotSent`.
        """
        for request in write_requests(batch):
            retrying = tenacity.AsyncRetrying(
                retry=tenacity.retry_if_exception_type(_Unavailable),
                wait=_wait,
                stop=tenacity.stop_after_attempt(TRIES),
                sleep=asyncio.sleep,
                before_sleep=self._announce,
                reraise=True,
            )
            try:
                await retrying(self._try, request)
            except _Unavailable as error:
                raise NotSent(f"{error}, {TRIES} times in a row: {_RUN_AGAIN}") from None
            sent(request.samples)

    def _announce(self, state: tenacity.RetryCallState) -> None:
        self._waiting(f"{_failure(state)}; retrying in {math.ceil(state.upcoming_sleep)} s")

    async def _try(self, request: WriteRequest) -> None:
        from cramjam import snappy  # noqa: PLC0415  (imported when something is sent)

        content = bytes(snappy.compress_raw(request.message))
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                response, answer = await self._exchange(content)
        except TimeoutError:
            what = f"no answer within {REQUEST_SECONDS:g} s"
            raise _Unavailable(f"{self._name}: {what}") from None
        # OSError: from established TLS, and from modules imported on the first connection.
        except (httpx.HTTPError, OSError) as error:
            # Some of these errors quote the headers.
            what = f"the connection failed ({type(error).__name__})"
            if isinstance(error, httpx.ConnectError):
                what = f"no connection: {cause(error)}"
            raise _Unavailable(f"{self._name}: {what}") from None
        is_page = response.headers.get("content-type", "").startswith("text/html")
        if not response.is_success or is_page:
            raise self._refused(response, answer.lower(), request)

    async def _exchange(self, content: bytes) -> tuple[httpx.Response, str]:
        request = httpx.Request(
            "POST", self._url, headers=self._headers, content=content, extensions=_TIMEOUT
        )
        async with aclosing(await self._transport.handle_async_request(request)) as response:
            answer = bytearray()
            async for chunk in response.aiter_raw():
                answer += chunk
                if len(answer) > _MOST_OF_ANSWER:
                    break
        return response, answer.decode(errors="replace")

    def _refused(self, response: httpx.Response, answer: str, request: WriteRequest) -> NotSent:
        status, reason = response.status_code, _MIMIR.search(answer)
        told = f"{self._name} answered {status}" + (f" ({reason[0]})" if reason else "")
        now = self._clock()
        # By phrase first: Prometheus 2 answers some of these with 500, VictoriaMetrics with 400.
        if any(phrase in answer for phrase in _TOO_OLD):
            what = _too_old(now - datetime.fromtimestamp(request.oldest / 1000, UTC))
        elif any(phrase in answer for phrase in _DUPLICATE):
            what = _OTHER_VALUES
        elif response.is_success or _NO_PATH in answer:  # a success with a web page
            what = _NO_RECEIVER
        elif status == 429 or status >= 500:
            wait = (retry_after(response.headers.get("retry-after", ""), now) or now) - now
            if wait <= _LONGEST_WAIT:
                return _Unavailable(told, wait.total_seconds())
            what = f"retry in {math.ceil(wait.total_seconds() / 60)} minutes"
        else:
            what = _REFUSALS.get(status) or _refusal(status)
        return NotSent(f"{told}: {what}")


def read_header_file(path: Path) -> dict[str, str]:
    """Return the headers of a file with a line ``Name: value`` for each. Raises `WrongSetting`.

    Lines that are empty or begin with ``#`` are skipped.
    """
    try:
        text = files.read_secret(path)
    except OSError as error:
        raise WrongSetting(files.problem(path, error)) from None
    except ValueError:
        raise WrongSetting("the file must be text in UTF-8") from None
    headers: dict[str, str] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if not (line := line.strip()) or line.startswith("#"):
            continue
        if (found := _HEADER.fullmatch(line)) is None:
            raise WrongSetting(
                f"line {number} must be Name: value, such as Authorization: Bearer TOKEN"
            )
        name = found[1].lower()
        if name in _PROTOCOL or name in _OF_HTTP:
            raise WrongSetting(f"line {number} has a header that the exporter sets itself")
        if name in headers:
            raise WrongSetting(f"line {number} has a header that an earlier line has")
        headers[name] = found[2]
    if not headers:
        raise WrongSetting("the file must have a line Name: value")
    return headers


def _refusal(status: int) -> str:
    if status < 400:
        return f"a redirect is not followed: use its target. Else {_NO_RECEIVER}"
    return "it refuses the samples; its log says why"


def _too_old(age: timedelta) -> str:
    window = f"{age.days + 1}d"
    return (
        f"it refuses samples of this age. Set Prometheus's storage.tsdb.out_of_order_time_window "
        f"or Mimir's limit out_of_order_time_window to {window} or more (VictoriaMetrics: "
        "-retentionPeriod), then retry"
    )


def _checked(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
        port = 1 if parsed.port is None else parsed.port
        named = parsed.host and 0 < port <= 65535
    except (httpx.InvalidURL, ValueError):  # ValueError: an invalid IDNA or IPv6 host
        parsed, named = httpx.URL(), False
    if parsed.userinfo:
        raise WrongSetting(
            "the URL must not contain a user or a password: use --header-file with a line "
            "Authorization: Basic … or Authorization: Bearer …"
        )
    usable = named and parsed.scheme in {"http", "https"} and not parsed.fragment
    if not usable or parsed.path in {"", "/"}:
        raise WrongSetting(
            "must be the URL of a remote-write receiver, such as "
            "http://prometheus.example.com:9090/api/v1/write"
        )
    return parsed


def _wait(state: tenacity.RetryCallState) -> float:
    error = _failure(state)
    told = error.seconds if isinstance(error, _Unavailable) else 0.0
    return max(told, _BACKOFF(state))


def _failure(state: tenacity.RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
