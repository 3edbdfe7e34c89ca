"""Requests of one attempt: their retries, deadline, pace and kept answers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Generic, TypeVar, cast

import tenacity

from exporter.github import body, errors, meanings
from exporter.github.client import DOWNLOAD, CachedAnswer, Client, Received, core_limit
from exporter.github.work import on_loop, work

T = TypeVar("T")

NewDecoder = Callable[[], body.Decoder[T]]

_GOT = (200,)
_MADE = (200, 201, 202)
_EXPIRED = (403, 404, 410)
"""Statuses of a signed URL that is no longer valid."""

CachedAnswers = dict[str, CachedAnswer]
"""The answers of one job, by URL."""


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """A request; ``makes`` if GitHub makes something, ``current`` if no kept answer may serve."""

    url: str
    endpoint: str
    decoder: NewDecoder[T]
    post: bytes | None = None
    makes: bool = False
    current: bool = False


class Asking:
    """What all requests of an attempt share. Methods raise only `GitHubError`.

    ``shortfall`` is the first failure that left something out. ``timeout`` starts with the first
    request.
    """

    def __init__(
        self, client: Client, answers: CachedAnswers, timeout: asyncio.Timeout, seconds: float
    ) -> None:
        self._client = client
        self._answers = answers
        self._timeout = timeout
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self.asked: CachedAnswers = {}
        self.requests = 0
        self.refusal: errors.GitHubError | None = None
        self.last_failure: errors.GitHubError | None = None
        self.shortfall: errors.GitHubError | None = None

    def add_shortfall(self, failure: errors.GitHubError) -> None:
        """Record a failure that leaves something out of a usable answer."""
        self.shortfall = self.shortfall or failure

    async def download(self, url: str, decoder: NewDecoder[T]) -> T | None:
        """Download a file from a signed URL of any host; None if the URL has expired.

        The URL is a secret, and in no error. The host does not get the credential.
        """
        return await on_loop(self._retrying(), self._download, url, decoder)

    async def wait(self, seconds: float) -> None:
        """Wait without a request."""
        await on_loop(self._sleep, seconds)

    @property
    def seconds_left(self) -> float:
        """The seconds until the deadline."""
        when = self._timeout.when()
        return self._seconds if when is None else when - self._loop.time()

    async def ask(self, question: Question[T]) -> tuple[T, str]:
        """Return the decoded answer, and the URL of the next page, if any."""
        riding_out = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(lambda error: getattr(error, "young", False)),
            wait=tenacity.wait_incrementing(start=1, increment=1),
            stop=self._gives_up,
            sleep=self._client.sleep,
            reraise=True,
        )
        retrying = self._retrying(unanswered=not question.makes)
        return await on_loop(retrying, riding_out, self._try, question)

    def _retrying(self, *, unanswered: bool = True) -> tenacity.AsyncRetrying:
        return tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(
                partial(self._is_worth_another_try, unanswered=unanswered)
            ),
            wait=tenacity.wait_random_exponential(multiplier=0.5, max=8),
            stop=tenacity.stop_after_attempt(5),
            sleep=self._client.sleep,
            reraise=True,
        )

    def _gives_up(self, state: tenacity.RetryCallState) -> bool:
        return state.attempt_number >= 4 or state.upcoming_sleep >= self.seconds_left

    def _is_worth_another_try(self, error: BaseException, *, unanswered: bool) -> bool:
        self.last_failure = error if isinstance(error, errors.GitHubError) else None
        if isinstance(error, errors.RateLimited):
            return error.retry_at is not None and self._fits(error.retry_at)
        return unanswered and isinstance(error, errors.Unreachable)

    def _fits(self, until: datetime) -> bool:
        return self._client.seconds_until(until) < self.seconds_left

    def _refuse(self, until: datetime) -> None:
        if not self._fits(until):
            raise errors.RateLimited(
                detail="the credential is paused by GitHub's rate limit",
                retry_at=until,
                unattempted=self._timeout.when() is None,
            )

    async def _try(self, question: Question[T]) -> tuple[T, str]:
        url, endpoint, post = question.url, question.endpoint, question.post
        accepted = _MADE if question.makes else _GOT
        kept = None if post is not None or question.current else self._answers.get(url)
        decoding = question.decoder()
        await self._client.pacing.turn(self._refuse)
        self._begin()
        self.requests += 1
        received = await self._client.exchange(
            url, endpoint, kept, post=post, decoder=decoding, accepted=accepted
        )
        if kept is not None and kept.credential_version != received.credential_version:
            kept = None
        if received.response.status_code == 304 and kept is None:
            self.requests += 1
            received = await self._client.exchange(url, endpoint, decoder=decoding)
        if received.response.status_code == 304 and kept is not None:
            payload = cast("T", kept.payload)  # a job decodes a URL as one type only
        elif received.response.status_code in accepted:
            with self._client.suspicious(received.response):
                payload, kept = await work(decoding.close), None
        else:
            raise self._client.failure(received, endpoint)
        etag, next_url = self._etag_and_next(received, url, endpoint, kept)
        headers = received.response.headers
        self._client.pacing.answered(core_limit(headers))
        hidden = meanings.of_hidden_organizations(headers.get("x-github-sso", ""), endpoint)
        if hidden is not None:
            self.add_shortfall(hidden)  # not cached, so that a later request sees all
        elif post is None and etag and not question.current:
            self.asked[url] = CachedAnswer(
                payload, etag, next_url, received.credential_version, self._client.clock()
            )
        return payload, next_url

    def _begin(self) -> None:
        if self._timeout.when() is None:
            self._timeout.reschedule(self._loop.time() + self._seconds)

    async def _sleep(self, seconds: float) -> None:
        await self._client.sleep(seconds)

    async def _download(self, url: str, decoder: NewDecoder[T]) -> T | None:
        decoding = decoder()
        self._begin()
        status = await self._client.download(url, decoding)
        if status == 200:
            return await work(decoding.close)
        if status in _EXPIRED:
            return None
        error = errors.Unreachable if status == 429 or status >= 500 else errors.Rejected
        raise error(detail=f"the host of the download answered {status}", endpoint=DOWNLOAD)

    def _etag_and_next(
        self, received: Received, url: str, endpoint: str, unchanged: CachedAnswer | None
    ) -> tuple[str, str]:
        headers = received.response.headers
        link = received.response.links.get("next", {}).get("url", "")
        next_url = self._client.same_host(link, url, endpoint) if link else ""
        etag = headers.get("etag", "")
        etag = etag if etag.isascii() else ""  # others cannot be sent back
        if unchanged is None:
            return etag, next_url
        return etag or unchanged.etag, next_url if "link" in headers else unchanged.next_url
