"""First polls of the accounts: readiness, and one line in the log when they have ended."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from exporter.polling.watched import Watched

log = structlog.get_logger()


class FirstPolls:
    """Knows which accounts have not been polled yet."""

    def __init__(self, accounts: Iterable[Watched], clock: Callable[[], datetime]) -> None:
        self._known_at_start = tuple(accounts)
        self._clock = clock
        self._started = clock()
        self._ready = False
        self._unpolled = deque(self._known_at_start)
        self._logged = False

    @property
    def ready(self) -> bool:
        """Whether each job was attempted or skipped once, or an interval has passed; it latches."""
        if not self._ready:
            jobs = [job for watched in self._known_at_start for job in watched.jobs]
            interval = min((job.settings.interval for job in jobs), default=timedelta(0))
            late = self._clock() - self._started >= interval
            self._ready = late or all(map(_is_polled, self._known_at_start))
        return self._ready

    def add(self, watched: Watched) -> None:
        """Expect the polls of one more account; readiness does not wait for it."""
        self._unpolled.append(watched)

    def replace(self, successors: Mapping[Watched, Watched], accounts: Iterable[Watched]) -> None:
        """Expect the polls of ``accounts`` instead; some are ``successors`` of earlier ones.

        Readiness waits for all of them if none of those that it waited for is left.
        """
        self._unpolled = deque(accounts)
        if not self.ready:
            successor = map(successors.get, self._known_at_start)
            left = tuple(each for each in successor if each is not None)
            self._known_at_start = left or tuple(self._unpolled)

    def remove(self, watched: Watched) -> None:
        """Expect no polls of an account any more."""
        with suppress(ValueError):
            self._unpolled.remove(watched)

    def look(self, accounts: Sequence[Watched]) -> None:
        """Log once that all have been polled; ``accounts`` are those that are watched now."""
        while self._unpolled and _is_polled(self._unpolled[0]):
            self._unpolled.popleft()
        if self._unpolled or self._logged:
            return
        self._logged = True
        asked = [job for each in accounts for job in each.jobs if not each.stands_by(job)]
        not_offered = sum(job.known.available is False for job in asked)
        failing = sum(job.failing is not None for job in asked)
        log.info(
            "first polls ended",
            accounts=len(accounts),
            works=len(asked) - failing - not_offered,
            fails=failing,
            not_offered=not_offered,
        )


def _is_polled(watched: Watched) -> bool:
    decided = all(job.last_attempt for job in watched.jobs if job.collector.decides)
    return all(job.last_attempt or (decided and watched.stands_by(job)) for job in watched.jobs)
