"""What one attempt of a job asks GitHub: paths from templates, pages, retries, a deadline."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote

import httpx
import tenacity

from exporter.github import body, errors
from exporter.github.client import Answer, Client, Received, core_limit

T = TypeVar("T")

_PAGES = 1_000
_TRIES = 5

Answers = dict[str, Answer]
"""The answers of one job by URL. They go with the job, and a URL no longer asked goes too."""


@asynccontextmanager
async def attempt(client: Client, answers: Answers, seconds: float) -> AsyncIterator["GitHub"]:
    """Open what one attempt of a job may ask, for ``seconds`` from its first request let go.

    It opens when the credential has a slot free. ``answers`` are those of the job's last
    success and become those of this one. Raises `Unreachable` at the deadline.
    """
    github: GitHub | None = None
    try:
        async with client.pacing.slots, asyncio.timeout(None) as timeout:
            github = GitHub(client, answers, Deadline(timeout, seconds))
            yield github
    except TimeoutError:
        cause = github.last_failure if github else None
        raise errors.Unreachable(
            detail=f"not done within the deadline of {seconds:g} s"
            + (f": {cause}" if cause else ""),
            hint="" if cause else "Raise poll.timeout if GitHub is slow for this account.",
        ) from None
    answers.clear()
    answers.update(github.asked)


class Deadline:
    """Runs from the first request let go, not from its turn in the queue."""

    def __init__(self, timeout: asyncio.Timeout, seconds: float) -> None:
        self._timeout = timeout
        self._seconds = seconds

    @property
    def begun(self) -> bool:
        return self._timeout.when() is not None

    def begin(self) -> None:
        if not self.begun:
            self._timeout.reschedule(asyncio.get_running_loop().time() + self._seconds)

    def remaining(self) -> float:
        when = self._timeout.when()
        return self._seconds if when is None else when - asyncio.get_running_loop().time()


class GitHub:
    """What a collector asks with.

    Endpoints are templates, as ``/orgs/{account}/copilot/billing``: parameters named in braces
    are put into the path, the others into the query. Every method raises `GitHubError` alone.
    """

    def __init__(self, client: Client, answers: Answers, deadline: Deadline) -> None:
        self._client = client
        self._answers = answers
        self._deadline = deadline
        self.asked: Answers = {}
        self.last_failure: errors.GitHubError | None = None

    async def get(self, endpoint: str, model: type[T], **params: str | int) -> T:
        """Ask once and decode the answer as ``model``; unknown fields are fine."""
        payload, _ = await self._ask(self._url(endpoint, params), endpoint, model)
        return payload

    async def get_or_none(
        self, endpoint: str, model: type[T], *, none: tuple[int, ...], **params: str | int
    ) -> T | None:
        """Ask where one of the statuses ``none`` is itself information.

        It never swallows a limit, a 401 or a 410.
        """
        try:
            return await self.get(endpoint, model, **params)
        except (errors.NotOffered, errors.Rejected) as error:
            if error.status in none:
                return None
            raise

    async def pages(
        self, endpoint: str, model: type[T], more: Callable[[T], bool], **params: str | int
    ) -> AsyncIterator[T]:
        """Ask page after page, by the ``Link`` header, else for as long as a page says ``more``.

        A loop of links and pages without end are `InvalidPayload`.
        """
        url = self._url(endpoint, params)
        seen: set[str] = set()
        while url not in seen and len(seen) < _PAGES:
            seen.add(url)
            payload, next_url = await self._ask(url, endpoint, model)
            yield payload
            if next_url:
                url = next_url
            elif more(payload):
                url = self._url(endpoint, {**params, "page": len(seen) + 1})
            else:
                return
        raise errors.InvalidPayload(detail="its pages have no end", endpoint=endpoint)

    def _url(self, endpoint: str, params: Mapping[str, str | int]) -> str:
        path = {
            key: quote(str(v), safe="") for key, v in params.items() if f"{{{key}}}" in endpoint
        }
        query = {key: value for key, value in params.items() if key not in path}
        url = self._client.base_url + endpoint.format(**path)
        return f"{url}?{httpx.QueryParams(query)}" if query else url

    async def _ask(self, url: str, endpoint: str, model: type[T]) -> tuple[T, str]:
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(self._is_worth_another_try),
            wait=tenacity.wait_random_exponential(multiplier=0.5, max=8),
            stop=tenacity.stop_after_attempt(_TRIES),
            sleep=self._client.sleep,
            reraise=True,
        )
        return await retrying(self._try, url, endpoint, model)

    def _is_worth_another_try(self, error: BaseException) -> bool:
        self.last_failure = error if isinstance(error, errors.GitHubError) else None
        if isinstance(error, errors.RateLimited):
            return error.retry_at is not None and self._fits(error.retry_at)
        return isinstance(error, errors.Unreachable)

    def _fits(self, until: datetime) -> bool:
        return self._client.seconds_until(until) < self._deadline.remaining()

    def _refuse(self, until: datetime) -> None:
        if not self._fits(until):
            raise errors.RateLimited(
                detail="the credential waits, as GitHub told it to",
                retry_at=until,
                unattempted=not self._deadline.begun,
            )

    async def _try(self, url: str, endpoint: str, model: type[T]) -> tuple[T, str]:
        kept = self._answers.get(url)
        await self._client.pacing.turn(self._refuse)
        self._deadline.begin()
        received = await self._client.exchange(url, endpoint, kept)
        unchanged = received.response.status_code == 304
        if unchanged and (kept is None or kept.credential_version != received.credential_version):
            unchanged, kept = False, None
            received = await self._client.exchange(url, endpoint, None)
        if unchanged and kept is not None and isinstance(kept.payload, model):
            payload, answer = kept.payload, kept
        elif received.response.status_code == 200:
            payload = body.decode(received.body, model, endpoint)
            answer = self._answer(payload, received, url, endpoint)
        else:
            raise self._client.failure(received, endpoint)
        self._client.pacing.answered(core_limit(received.response.headers))
        self.asked[url] = answer
        return payload, answer.next_url

    def _answer(self, payload: object, received: Received, url: str, endpoint: str) -> Answer:
        link = received.response.links.get("next", {}).get("url", "")
        etag = received.response.headers.get("etag", "")
        return Answer(
            payload=payload,
            etag=etag if etag.isascii() else "",  # no other can be sent back
            next_url=self._client.same_host(link, url, endpoint) if link else "",
            credential_version=received.credential_version,
        )
