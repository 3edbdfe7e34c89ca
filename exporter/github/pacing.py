"""Rate limits and waits of one credential."""

import asyncio
import math
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

CONCURRENT_REQUESTS = 8
"""GitHub allows 100 and recommends few (docs: rate limits, best practices)."""

_SPACING_SECONDS = 0.1
_BURST = 120
_KEPT = 0.75
"""Share of the hourly requests that is reserved for more valuable jobs."""

_SHORTEST_WAIT = timedelta(seconds=1)
_FIRST_SECONDARY_WAIT = timedelta(minutes=1)
_LONGEST_SECONDARY_WAIT = timedelta(hours=1)
_LONGEST_PRIMARY_WAIT = timedelta(hours=1, minutes=1)
_LONGEST_RETRY_AFTER = timedelta(days=1)


Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class RateLimit:
    """GitHub's primary limit: requests per hour, and the time of the reset."""

    limit: int
    remaining: int
    reset: datetime


def rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """Return the primary limit, or None if there is no valid one, as on Enterprise Server."""
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
    """Slots for a credential's attempts, and a steady rate of requests after a first burst.

    Shared by an App's installations. GitHub allows 900 requests per minute (docs: rate limits).
    """

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(CONCURRENT_REQUESTS)
        self._doubtful = asyncio.Semaphore(CONCURRENT_REQUESTS // 2)
        self._next = -math.inf

    @asynccontextmanager
    async def slot(self, *, doubtful: bool) -> AsyncIterator[None]:
        """Hold a slot. ``doubtful`` attempts may hang, so they get at most half of the slots."""
        half: AbstractAsyncContextManager[None] = self._doubtful if doubtful else nullcontext()
        async with half, self._slots:
            yield

    def reserve(self) -> float:
        """Reserve the next request and return the seconds to wait for it."""
        now = asyncio.get_running_loop().time()
        place = max(self._next, now - _BURST * _SPACING_SECONDS)
        self._next = place + _SPACING_SECONDS
        return max(place - now, 0.0)


class Pacing:
    """Delays the requests of one client while GitHub says to wait."""

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
        """When requests may resume; None if they may now."""
        now = self._clock()
        if self._until is not None:
            if now < self._looked:  # the clock was set back: keep the remaining wait
                self._until -= self._looked - now
            if self._until <= now:
                self._until = None
        self._looked = now
        return self._until

    def unblock(self) -> None:
        """Forget the limit, which belonged to the previous secret."""
        self._until = self._limit = None

    def begins(self, priority: float, now: datetime) -> datetime:
        """Return when a job of ``priority`` may begin, ``now`` or earlier if it may already."""
        blocked, limit = self.blocked_until or now, self._limit
        if limit is None or self.has_budget_for(priority):
            return blocked
        time_left = timedelta(hours=limit.remaining / limit.limit / priority)
        return max(blocked, limit.reset - time_left)

    def has_budget_for(self, priority: float) -> bool:
        """Return whether a job may begin, so that the requests last until the limit resets.

        ``priority`` is 0 for the most valuable collector and 1 for the least. The first quarter of
        the hourly requests is open to all, so that a start is fast. After that, a job waits if the
        share of requests left is below ``priority`` times the share of the hour left.
        """
        limit, now = self._limit, self._clock()
        if limit is None or limit.limit <= 0 or limit.reset <= now:
            return True
        time_left = (limit.reset - now) / timedelta(hours=1)
        return limit.remaining / limit.limit >= priority * min(time_left, _KEPT)

    async def turn(self, refuse: Callable[[datetime], None]) -> None:
        """Wait until a request may be sent. ``refuse`` raises if that takes too long."""
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
        """Block for a rate limit and return its end, by the rules in GitHub's docs.

        ``retry-after`` (seconds or a date), else the reset of a used-up primary limit, else a
        minute. For limits in a row, the minute and the minimum wait of one second double up to an
        hour: GitHub may ban clients that continue.
        """
        now = self._clock()
        limit = rate_limit(headers)
        told = retry_after(headers.get("retry-after", ""), now)
        blocked = self.blocked_until
        if blocked is None or not self._in_row:
            self._in_row += 1  # concurrent requests hit the same limit
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


def retry_after(value: str, now: datetime) -> datetime | None:
    """Return the time of a ``Retry-After`` header, seconds or a date; None if it is invalid."""
    try:
        if value.strip().isdigit():
            return now + timedelta(seconds=int(value))
        told = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return told if told.tzinfo else told.replace(tzinfo=UTC)
