"""Limits and waits of one credential."""

import asyncio
import math
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

CONCURRENT_REQUESTS = 8
"""GitHub allows 100 and advises few (docs: rate limits, best practices)."""

_SPACING_SECONDS = 0.1
_BURST = 120
_KEPT = 0.75
"""Share of an hour's requests that is kept for more valuable jobs."""

_SHORTEST_WAIT = timedelta(seconds=1)
_FIRST_SECONDARY_WAIT = timedelta(minutes=1)
_LONGEST_SECONDARY_WAIT = timedelta(hours=1)
_LONGEST_PRIMARY_WAIT = timedelta(hours=1, minutes=1)
_LONGEST_RETRY_AFTER = timedelta(days=1)


Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class RateLimit:
    """GitHub's primary limit: requests an hour, and when it begins anew."""

    limit: int
    remaining: int
    reset: datetime


def rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """Return the primary limit, None if there is none, as on Enterprise Server."""
    counts = [headers.get(name, "") for name in ("x-ratelimit-limit", "x-ratelimit-remaining")]
    if not all(re.fullmatch("[0-9]{1,9}", count) for count in counts):
        return None
    try:
        reset = datetime.fromtimestamp(int(headers["x-ratelimit-reset"]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return None
    limit, remaining = map(int, counts)
    return RateLimit(limit, remaining, reset)


class Gate:
    """Slots for attempts of one credential, and a steady rate of requests after a first burst.

    An App's installations share one. GitHub allows 900 requests a minute (docs: rate limits).
    """

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(CONCURRENT_REQUESTS)
        self._doubtful = asyncio.Semaphore(CONCURRENT_REQUESTS // 2)
        self._next = -math.inf

    @asynccontextmanager
    async def slot(self, *, doubtful: bool) -> AsyncIterator[None]:
        """Hold a slot; ``doubtful`` attempts may hang, so they get half of the slots."""
        half: AbstractAsyncContextManager[None] = self._doubtful if doubtful else nullcontext()
        async with half, self._slots:
            yield

    def reserve(self) -> float:
        """Take the next place and return the seconds to wait for it."""
        now = asyncio.get_running_loop().time()
        place = max(self._next, now - _BURST * _SPACING_SECONDS)
        self._next = place + _SPACING_SECONDS
        return max(place - now, 0.0)


class Pacing:
    """Lets requests of one client go, unless GitHub says to wait."""

    def __init__(self, *, clock: Clock, sleep: Sleep, gate: Gate | None) -> None:
        self._clock = clock
        self._sleep = sleep
        self.gate = gate or Gate()
        self._limit: RateLimit | None = None
        self._until: datetime | None = None
        self._looked = clock()
        self._in_row = 0

    @property
    def blocked_until(self) -> datetime | None:
        """When requests may go again; None if they may now."""
        now = self._clock()
        if self._until is not None:
            if now < self._looked:  # the clock was set back, and a wait is a length of time
                self._until -= self._looked - now
            if self._until <= now:
                self._until = None
        self._looked = now
        return self._until

    def unblock(self) -> None:
        """Forget the limit, which was of the credential before."""
        self._until = self._limit = None

    def begins(self, priority: float, now: datetime) -> datetime:
        """Return when a job of ``priority`` may begin, ``now`` or earlier if it may already."""
        blocked, limit = self.blocked_until or now, self._limit
        if limit is None or self.has_budget_for(priority):
            return blocked
        time_left = timedelta(hours=limit.remaining / limit.limit / priority)
        return max(blocked, limit.reset - time_left)

    def has_budget_for(self, priority: float) -> bool:
        """Whether a job may begin, so that requests last until the limit begins anew.

        ``priority`` is 0 for the most valuable collector and 1 for the least. A quarter of the
        hour's requests is for all, so that a start needs no hour. The rest is for all while as
        much is left as time; the less is left, the more jobs wait, least valuable first.
        """
        limit, now = self._limit, self._clock()
        if limit is None or limit.limit <= 0 or limit.reset <= now:
            return True
        time_left = (limit.reset - now) / timedelta(hours=1)
        return limit.remaining / limit.limit >= priority * min(time_left, _KEPT)

    async def turn(self, refuse: Callable[[datetime], None]) -> None:
        """Wait until a request may go; ``refuse`` raises if that takes too long."""
        wait = self.gate.reserve()
        if wait > 0:
            await self._sleep(wait)
        while (until := self.blocked_until) is not None:
            refuse(until)
            await self._sleep((until - self._clock()).total_seconds())

    def answered(self, limit: RateLimit | None) -> None:
        """Record the limit of a normal answer; block if it used the last request."""
        self._in_row = 0
        self._limit = limit
        if limit is not None and limit.remaining == 0:
            self._block(min(limit.reset, self._clock() + _LONGEST_PRIMARY_WAIT))

    def limited(self, headers: Mapping[str, str]) -> datetime:
        """Block for a limit and return until when, in the order of GitHub's docs.

        ``retry-after`` (seconds or a date), else the reset of a used-up primary limit, else a
        minute. The minute, and the least wait of a second, double each time in a row up to an
        hour: GitHub may ban who goes on.
        """
        now = self._clock()
        limit = rate_limit(headers)
        told = _retry_after(headers.get("retry-after", ""), now)
        blocked = self.blocked_until
        if blocked is None or not self._in_row:
            self._in_row += 1  # requests that were under way together tell one limit
        doubled = 1 << min(self._in_row - 1, 12)
        if told is not None:
            least = now + min(_SHORTEST_WAIT * doubled, _LONGEST_SECONDARY_WAIT)
            until = min(max(told, least), now + _LONGEST_RETRY_AFTER)
        elif limit is not None and limit.remaining == 0 and limit.reset > now:
            until = min(limit.reset, now + _LONGEST_PRIMARY_WAIT)
        elif blocked is not None:
            until = blocked
        else:
            until = now + min(_FIRST_SECONDARY_WAIT * doubled, _LONGEST_SECONDARY_WAIT)
        self._block(until)
        return until

    def _block(self, until: datetime) -> None:
        if until > self._clock() and (self._until is None or until > self._until):
            self._until = until


def _retry_after(value: str, now: datetime) -> datetime | None:
    try:
        if value.strip().isdigit():
            return now + timedelta(seconds=int(value))
        told = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return told if told.tzinfo else told.replace(tzinfo=UTC)
