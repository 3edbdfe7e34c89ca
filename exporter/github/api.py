"""One attempt of a job: requests by endpoint template, pages, retries and a deadline."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Generic, NamedTuple, TypeVar, cast

import httpx
import msgspec
import tenacity

from exporter.github import body, errors, graphql, meanings
from exporter.github.client import CachedAnswer, Client, Received, core_limit, fill
from exporter.github.stream import Fold, Streamed
from exporter.github.work import on_loop, work

T = TypeVar("T")
AnswerT = TypeVar("AnswerT", bound=graphql.Answer)
Item = TypeVar("Item")

NewDecoder = Callable[[], body.Decoder[T]]

PER_PAGE = 100
"""Maximum elements per page (docs: using pagination)."""

_PAGES = 1_000
_ELEMENTS = 1_000
"""Elements accepted per page; GitHub sends at most 100 (docs: using pagination)."""

CachedAnswers = dict[str, CachedAnswer]
"""The answers of one job, by URL."""


class Listed(NamedTuple, Generic[T]):
    """All pages of a list, kept from before if there is a ``failure``."""

    pages: list[T]
    failure: errors.GitHubError | None = None


@asynccontextmanager
async def attempt(
    client: Client,
    answers: CachedAnswers,
    seconds: float,
    *,
    doubtful: bool = False,
    priority: float = 0.0,
) -> AsyncIterator["GitHub"]:
    """Wait for a slot of the credential, then yield a `GitHub` for one attempt of a job.

    ::

        async with attempt(client, answers, 60) as github:
            organization = await github.get("/orgs/{account}", Organization, account="octo-org")

    The deadline of ``seconds`` starts with the first request. ``doubtful`` attempts get at most
    half of the slots. ``answers`` are those of the job's last success, and are replaced on success.
    Raises `RateLimited`, unattempted, if too few requests are left for ``priority``, `Unreachable`
    at the deadline, and the shortfall, if any.
    """
    github: GitHub | None = None
    try:
        async with client.pacing.gate.slot(doubtful=doubtful), asyncio.timeout(None) as timeout:
            if not client.pacing.has_budget_for(priority):
                raise errors.RateLimited(
                    detail="too few requests are left this hour", unattempted=True
                )
            github = GitHub(client, answers, timeout, seconds)
            yield github
    except TimeoutError:
        cause = github.last_failure if github else None
        why = f": {cause}" if cause else ""
        raise errors.Unreachable(
            detail=f"deadline of {seconds:g} s exceeded{why}",
            hint="" if cause else "Raise poll.timeout if GitHub is slow for this account.",
        ) from None
    answers.clear()
    answers.update(github.asked)
    if github.shortfall is not None:
        raise github.shortfall


class GitHub:
    """Requests for one attempt of a collector. Methods raise only `GitHubError`.

    Endpoints are templates, such as ``/orgs/{account}/copilot/billing``: parameters named in braces
    fill the path, all others the query. ``shortfall`` is the first failure that left something out.
    ``timeout`` starts with the first request.
    """

    def __init__(
        self, client: Client, answers: CachedAnswers, timeout: asyncio.Timeout, seconds: float
    ) -> None:
        self._client = client
        self._answers = answers
        self._timeout = timeout
        self._seconds = seconds
        self.asked: CachedAnswers = {}
        self.requests = 0
        self.refusal: errors.GitHubError | None = None
        self.last_failure: errors.GitHubError | None = None
        self.shortfall: errors.GitHubError | None = None

    def add_shortfall(self, failure: errors.GitHubError) -> None:
        """Record a failure that leaves something out of a usable answer."""
        self.shortfall = self.shortfall or failure

    async def get(self, endpoint: str, model: type[T], **params: str | int) -> T:
        """Request an endpoint and decode the answer as ``model``; unknown fields are ignored.

        ::

            # GET /orgs/octo-org/copilot/billing/seats?per_page=1
            seats = await github.get(
                "/orgs/{account}/copilot/billing/seats", Seats, account="octo-org", per_page=1
            )
        """
        whole = partial(body.Whole, model, endpoint)
        payload, _ = await self._ask(self._url(endpoint, params), endpoint, whole)
        return payload

    async def get_or_none(
        self, endpoint: str, model: type[T], *, absent: tuple[int, ...], **params: str | int
    ) -> T | None:
        """Like `get`, but None for the statuses ``absent``, with the error in ``refusal``.

        Always raises rate limits, 401, 410 and `Barred`.
        """
        try:
            return await self.get(endpoint, model, **params)
        except (errors.NotOffered, errors.Rejected) as error:
            if error.status not in absent:
                raise
            self.refusal = error
            return None

    async def pages(
        self, endpoint: str, model: type[T], more: Callable[[T], bool], **params: str | int
    ) -> AsyncIterator[T]:
        """Yield page after page: by the ``Link`` header, else while ``more(page)`` is true.

        Raises `InvalidPayload` for a page that is repeated or too long, and for endless pages.
        """
        url = self._url(endpoint, params)
        seen: set[str] = set()
        before: T | None = None
        while url not in seen and len(seen) < _PAGES:
            seen.add(url)
            payload, next_url = await self._ask(url, endpoint, partial(body.Whole, model, endpoint))
            if body.longest_list(payload) > _ELEMENTS:
                raise errors.InvalidPayload(
                    detail=f"a page has more than {_ELEMENTS:,} elements", endpoint=endpoint
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
        raise errors.InvalidPayload(detail="the pages never end", endpoint=endpoint)

    async def listed_or_none(
        self,
        endpoint: str,
        model: type[T],
        more: Callable[[T], bool],
        *,
        absent: tuple[int, ...],
        within: timedelta,
        **params: str | int,
    ) -> Listed[T] | None:
        """Return all `pages`, None for the statuses ``absent``, with the error in ``refusal``.

        If GitHub fails, return those of the job's last success ``within`` a time.
        """
        try:
            return Listed([page async for page in self.pages(endpoint, model, more, **params)])
        except (errors.NotOffered, errors.Rejected, errors.Barred) as error:
            if error.status not in absent or error.young:
                raise
            self.refusal = error
            return None
        except (errors.Unreachable, errors.RateLimited, errors.InvalidPayload) as error:
            kept = self._kept(self._url(endpoint, params), within)
            if not kept:
                raise
            self.asked |= kept
            return Listed([cast("T", answer.payload) for answer in kept.values()], error)

    def _kept(self, url: str, within: timedelta) -> CachedAnswers:
        found: CachedAnswers = {}
        while url and url not in found:
            answer = self._answers.get(url)
            if answer is None or -self._client.seconds_until(answer.at) > within.total_seconds():
                return {}
            found[url], url = answer, answer.next_url
        return found

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
        """Request a report and fold the items of its array ``field`` as they arrive.

        ``fold`` is called for each try. GitHub aborts an answer after 10 s (docs: troubleshooting):
        then each of ``instead`` is requested, its parameters added to ``params`` and passed to
        ``fold``.
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

    async def graphql(self, query: str, model: type[AnswerT], **variables: str | None) -> AnswerT:
        """Post a GraphQL query. Its first error is the shortfall, or raised if there is no data."""
        post = msgspec.json.encode({"query": query, "variables": variables})
        url = self._client.base_url.removesuffix("/v3") + graphql.ENDPOINT
        whole = partial(body.Whole, model, graphql.ENDPOINT)
        answer, _ = await self._ask(url, graphql.ENDPOINT, whole, post)
        if (failure := graphql.failure(answer)) is not None:
            if not answer.has_data:
                raise failure
            self.add_shortfall(failure)
        return answer

    def _url(self, endpoint: str, params: Mapping[str, str | int]) -> str:
        query = {key: value for key, value in params.items() if f"{{{key}}}" not in endpoint}
        url = self._client.base_url + fill(endpoint, params)
        return f"{url}?{httpx.QueryParams(query)}" if query else url

    async def _ask(
        self, url: str, endpoint: str, decoder: NewDecoder[T], post: bytes | None = None
    ) -> tuple[T, str]:
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(self._is_worth_another_try),
            wait=tenacity.wait_random_exponential(multiplier=0.5, max=8),
            stop=tenacity.stop_after_attempt(5),
            sleep=self._client.sleep,
            reraise=True,
        )
        riding_out = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(lambda error: getattr(error, "young", False)),
            wait=tenacity.wait_incrementing(start=1, increment=1),
            stop=self._gives_up,
            sleep=self._client.sleep,
            reraise=True,
        )
        return await on_loop(retrying, riding_out, self._try, url, endpoint, decoder, post)

    def _gives_up(self, state: tenacity.RetryCallState) -> bool:
        return state.attempt_number >= 4 or state.upcoming_sleep >= self._seconds_left()

    def _is_worth_another_try(self, error: BaseException) -> bool:
        self.last_failure = error if isinstance(error, errors.GitHubError) else None
        if isinstance(error, errors.RateLimited):
            return error.retry_at is not None and self._fits(error.retry_at)
        return isinstance(error, errors.Unreachable)

    def _fits(self, until: datetime) -> bool:
        return self._client.seconds_until(until) < self._seconds_left()

    def _seconds_left(self) -> float:
        when = self._timeout.when()
        return self._seconds if when is None else when - asyncio.get_running_loop().time()

    def _refuse(self, until: datetime) -> None:
        if not self._fits(until):
            raise errors.RateLimited(
                detail="the credential is paused by GitHub's rate limit",
                retry_at=until,
                unattempted=self._timeout.when() is None,
            )

    async def _try(
        self, url: str, endpoint: str, decoder: NewDecoder[T], post: bytes | None
    ) -> tuple[T, str]:
        kept = self._answers.get(url)
        decoding = decoder()
        await self._client.pacing.turn(self._refuse)
        if self._timeout.when() is None:
            self._timeout.reschedule(asyncio.get_running_loop().time() + self._seconds)
        self.requests += 1
        received = await self._client.exchange(url, endpoint, kept, post=post, decoder=decoding)
        if kept is not None and kept.credential_version != received.credential_version:
            kept = None
        if received.response.status_code == 304 and kept is None:
            self.requests += 1
            received = await self._client.exchange(url, endpoint, decoder=decoding)
        if received.response.status_code == 304 and kept is not None:
            payload = cast("T", kept.payload)  # a job decodes a URL as one type only
        elif received.response.status_code == 200:
            payload, kept = await work(decoding.close), None
        else:
            raise self._client.failure(received, endpoint)
        etag, next_url = self._etag_and_next(received, url, endpoint, kept)
        headers = received.response.headers
        self._client.pacing.answered(core_limit(headers))
        hidden = meanings.of_hidden_organizations(headers.get("x-github-sso", ""), endpoint)
        if hidden is not None:
            self.add_shortfall(hidden)  # not cached, so that a later request sees all
        elif post is None and etag:
            self.asked[url] = CachedAnswer(
                payload, etag, next_url, received.credential_version, self._client.clock()
            )
        return payload, next_url

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
