"""What one attempt of a job asks GitHub: paths from templates, pages, retries, a deadline."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeVar, cast

import httpx
import msgspec
import tenacity

from exporter.github import body, errors, graphql, meanings
from exporter.github.client import CachedAnswer, Client, Received, core_limit, fill
from exporter.github.stream import Fold, Streamed
from exporter.github.work import on_loop, work

T = TypeVar("T")
Said = TypeVar("Said", bound=graphql.Answer)
Item = TypeVar("Item")

_PAGES = 1_000
_ELEMENTS = 1_000
"""Elements of a page: GitHub gives 100 at most (docs: using pagination)."""

_TRIES = 5
_TRIES_OF_A_YOUNG_TOKEN = 4

CachedAnswers = dict[str, CachedAnswer]
"""The answers of one job by URL. They go with the job, and a URL no longer asked goes too."""


@asynccontextmanager
async def attempt(
    client: Client,
    answers: CachedAnswers,
    seconds: float,
    *,
    doubtful: bool = False,
    priority: float = 0.0,
) -> AsyncIterator["GitHub"]:
    """Open what one attempt of a job may ask, for ``seconds`` from its first request let go.

    It opens when the credential has a slot free, of which ``doubtful`` ones may take half. Where
    the hour's requests are then too few for its ``priority`` it is `RateLimited`, unattempted.
    ``answers`` are those of the job's last success and become those of this one. Raises
    `Unreachable` at the deadline, and in the end what it came short of.
    """
    github: GitHub | None = None
    try:
        async with client.pacing.gate.slot(doubtful=doubtful), asyncio.timeout(None) as timeout:
            if not client.pacing.has_budget_for(priority):
                raise errors.RateLimited(unattempted=True)
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
    if github.shortfall is not None:
        raise github.shortfall


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
    ``shortfall`` is the first failure that left something out of answers that came all the same.
    """

    def __init__(self, client: Client, answers: CachedAnswers, deadline: Deadline) -> None:
        self._client = client
        self._answers = answers
        self._deadline = deadline
        self.asked: CachedAnswers = {}
        self.requests = 0
        self.refusal: errors.GitHubError | None = None
        self.last_failure: errors.GitHubError | None = None
        self.shortfall: errors.GitHubError | None = None

    def comes_short(self, failure: errors.GitHubError) -> None:
        """Note a failure that leaves something out; what is there may be used."""
        self.shortfall = self.shortfall or failure

    async def get(self, endpoint: str, model: type[T], **params: str | int) -> T:
        """Ask once and decode the answer as ``model``; unknown fields are fine."""
        whole = partial(body.Whole, model, endpoint)
        payload, _ = await self._ask(self._url(endpoint, params), endpoint, whole)
        return payload

    async def get_or_none(
        self, endpoint: str, model: type[T], *, absent: tuple[int, ...], **params: str | int
    ) -> T | None:
        """Ask where one of the statuses ``absent`` is itself information.

        It never swallows a limit, a 401, a 410 or `Barred`; the last it swallowed is ``refusal``.
        """
        try:
            return await self.get(endpoint, model, **params)
        except (errors.NotOffered, errors.Rejected) as error:
            if error.status in absent:
                self.refusal = error
                return None
            raise

    async def pages(
        self, endpoint: str, model: type[T], more: Callable[[T], bool], **params: str | int
    ) -> AsyncIterator[T]:
        """Ask page after page, by the ``Link`` header, else for as long as a page says ``more``.

        A loop of links, a page that says what the one before it said, one that is far longer
        than asked for, and pages without end are `InvalidPayload`.
        """
        url = self._url(endpoint, params)
        seen: set[str] = set()
        before: T | None = None
        while url not in seen and len(seen) < _PAGES:
            seen.add(url)
            payload, next_url = await self._ask(url, endpoint, partial(body.Whole, model, endpoint))
            if body.longest_list(payload) > _ELEMENTS:
                raise errors.InvalidPayload(
                    detail=f"a page of more than {_ELEMENTS:,} elements", endpoint=endpoint
                )
            if payload == before:
                break
            before = payload
            yield payload
            if next_url:
                url = next_url
            elif more(payload):
                url = self._url(endpoint, {**params, "page": len(seen) + 1})
            else:
                return
        raise errors.InvalidPayload(detail="its pages have no end", endpoint=endpoint)

    async def report(
        self,
        endpoint: str,
        field: str,
        item_type: type[Item],
        fold: Callable[..., Fold[Item, T]],
        *,
        instead: Sequence[Mapping[str, str | int]] = (),
        **params: str | int,
    ) -> AsyncIterator[T]:
        """Ask for a report whose array ``field`` may be long, and fold its items as they come.

        ``fold`` begins anew at each try; what its items came to is kept, not they. GitHub cuts
        an answer off that takes it 10 s (docs: troubleshooting): then each of ``instead`` is
        asked with its parameters added, which ``fold`` is called with too.
        """

        async def one(**narrower: str | int) -> T:
            payload, _ = await self._ask(
                self._url(endpoint, {**params, **narrower}),
                endpoint,
                lambda: Streamed(endpoint, field, item_type, fold(**narrower)),
            )
            return payload

        try:
            whole = await one()
        except errors.Unreachable as error:
            if error.status is None or not instead:
                raise
        else:
            yield whole
            return
        for narrower in instead:
            yield await one(**narrower)

    async def graphql(self, query: str, model: type[Said], **variables: str | None) -> Said:
        """Ask GraphQL and decode the answer as ``model``; it comes short by the first error.

        Raises that error where there are no data.
        """
        post = msgspec.json.encode({"query": query, "variables": variables})
        url = self._client.base_url.removesuffix("/v3") + graphql.ENDPOINT
        whole = partial(body.Whole, model, graphql.ENDPOINT)
        answer, _ = await self._ask(url, graphql.ENDPOINT, whole, post)
        if (failure := graphql.failure(answer)) is not None:
            if not answer.has_data:
                raise failure
            self.comes_short(failure)
        return answer

    def _url(self, endpoint: str, params: Mapping[str, str | int]) -> str:
        query = {key: value for key, value in params.items() if f"{{{key}}}" not in endpoint}
        url = self._client.base_url + fill(endpoint, params)
        return f"{url}?{httpx.QueryParams(query)}" if query else url

    async def _ask(
        self,
        url: str,
        endpoint: str,
        decoder: Callable[[], body.Decoder[T]],
        post: bytes | None = None,
    ) -> tuple[T, str]:
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(self._is_worth_another_try),
            wait=tenacity.wait_random_exponential(multiplier=0.5, max=8),
            stop=tenacity.stop_after_attempt(_TRIES),
            sleep=self._client.sleep,
            reraise=True,
        )
        riding_out = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(self._is_of_a_young_token),
            wait=tenacity.wait_incrementing(start=1, increment=1),
            stop=self._gives_up,
            sleep=self._client.sleep,
            reraise=True,
        )
        return await on_loop(retrying, riding_out, self._try, url, endpoint, decoder, post)

    def _is_of_a_young_token(self, error: BaseException) -> bool:
        return isinstance(error, errors.GitHubError) and error.young

    def _gives_up(self, state: tenacity.RetryCallState) -> bool:
        too_late = state.upcoming_sleep >= self._deadline.remaining()
        return too_late or state.attempt_number >= _TRIES_OF_A_YOUNG_TOKEN

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

    async def _try(
        self,
        url: str,
        endpoint: str,
        decoder: Callable[[], body.Decoder[T]],
        post: bytes | None,
    ) -> tuple[T, str]:
        kept = self._answers.get(url)
        decoding = decoder()
        await self._client.pacing.turn(self._refuse)
        self._deadline.begin()
        self.requests += 1
        received = await self._client.exchange(url, endpoint, kept, post=post, decoder=decoding)
        unchanged = received.response.status_code == 304
        if unchanged and (kept is None or kept.credential_version != received.credential_version):
            unchanged, kept = False, None
            self.requests += 1
            received = await self._client.exchange(url, endpoint, decoder=decoding)
        if unchanged and kept is not None:
            # A job asks one URL for one kind of payload.
            payload, answer = cast("T", kept.payload), self._kept_on(kept, received, url, endpoint)
        elif received.response.status_code == 200:
            payload = await work(decoding.close)
            answer = self._answer(payload, received, url, endpoint)
        else:
            raise self._client.failure(received, endpoint)
        self._client.pacing.answered(core_limit(received.response.headers))
        sso = received.response.headers.get("x-github-sso", "")
        if (hidden := meanings.of_hidden_organizations(sso, endpoint)) is not None:
            self.comes_short(hidden)  # and is asked for anew: what was hidden has no ETag
        elif post is None and answer.etag:
            self.asked[url] = answer
        return payload, answer.next_url

    def _answer(self, payload: object, received: Received, url: str, endpoint: str) -> CachedAnswer:
        link = received.response.links.get("next", {}).get("url", "")
        etag = received.response.headers.get("etag", "")
        return CachedAnswer(
            payload=payload,
            etag=etag if etag.isascii() else "",  # no other can be sent back
            next_url=self._client.same_host(link, url, endpoint) if link else "",
            credential_version=received.credential_version,
        )

    def _kept_on(
        self, kept: CachedAnswer, received: Received, url: str, endpoint: str
    ) -> CachedAnswer:
        """Return what is kept with the headers of its 304: there may be another next page."""
        headers = received.response.headers
        new = self._answer(kept.payload, received, url, endpoint)
        return replace(
            new,
            etag=new.etag or kept.etag,
            next_url=new.next_url if "link" in headers else kept.next_url,
        )
