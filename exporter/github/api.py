"""One attempt of a job: requests by endpoint template, pages, retries and a deadline."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Generic, NamedTuple, TypeVar, cast

import httpx
import msgspec

from exporter.github import body, errors, graphql
from exporter.github.asking import Asking, CachedAnswers, Question
from exporter.github.client import Client, fill
from exporter.github.stream import Fold, Streamed

T = TypeVar("T")
AnswerT = TypeVar("AnswerT", bound=graphql.Answer)
Item = TypeVar("Item")

PER_PAGE = 100
"""Maximum elements per page (docs: using pagination)."""

_PAGES = 1_000
_ELEMENTS = 1_000
"""Elements accepted per page; GitHub sends at most 100 (docs: using pagination)."""


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
            hint=cause.hint if cause else "Raise poll.timeout if GitHub is slow for this account.",
        ) from None
    answers.clear()
    answers.update(github.asked)
    if github.shortfall is not None:
        raise github.shortfall


class GitHub(Asking):
    """Requests for one attempt of a collector. Methods raise only `GitHubError`.

    Endpoints are templates, such as ``/orgs/{account}/copilot/billing``: parameters named in braces
    fill the path, all others the query.
    """

    async def get(self, endpoint: str, model: type[T], **params: str | int) -> T:
        """Request an endpoint and decode the answer as ``model``; unknown fields are ignored.

        ::

            # GET /orgs/octo-org/copilot/billing/seats?per_page=1
            seats = await github.get(
                "/orgs/{account}/copilot/billing/seats", Seats, account="octo-org", per_page=1
            )
        """
        whole = partial(body.Whole, model, endpoint)
        payload, _ = await self.ask(Question(self._url(endpoint, params), endpoint, whole))
        return payload

    async def get_current(self, endpoint: str, model: type[T], **params: str | int) -> T:
        """Like `get`, but never from a kept answer: for what expires."""
        url, whole = self._url(endpoint, params), partial(body.Whole, model, endpoint)
        payload, _ = await self.ask(Question(url, endpoint, whole, current=True))
        return payload

    async def make(
        self, endpoint: str, model: type[T], wanted: object, *, conflict: int, **params: str | int
    ) -> T | None:
        """Post ``wanted`` as JSON, None on the status ``conflict``.

        Never repeated without an answer: GitHub may have done it, and would do it again.
        """
        url, whole = self._url(endpoint, params), partial(body.Whole, model, endpoint)
        post = msgspec.json.encode(wanted)
        try:
            payload, _ = await self.ask(Question(url, endpoint, whole, post, makes=True))
        except errors.Rejected as error:
            if error.status != conflict:
                raise
            return None
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
            question = Question(url, endpoint, partial(body.Whole, model, endpoint))
            payload, next_url = await self.ask(question)
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
            url = self._url(endpoint, {**params, **narrower})
            payload, _ = await self.ask(
                Question(
                    url, endpoint, lambda: Streamed(endpoint, field, item_type, fold(**narrower))
                )
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
        answer, _ = await self.ask(Question(url, graphql.ENDPOINT, whole, post))
        if (failure := graphql.failure(answer)) is not None:
            if not answer.has_data:
                raise failure
            self.add_shortfall(failure)
        return answer

    def _url(self, endpoint: str, params: Mapping[str, str | int]) -> str:
        query = {key: value for key, value in params.items() if f"{{{key}}}" not in endpoint}
        url = self._client.base_url + fill(endpoint, params)
        return f"{url}?{httpx.QueryParams(query)}" if query else url
