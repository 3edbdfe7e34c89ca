"""Outcome of an attempt, and its failure in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from exporter.github.errors import Closed, GitHubError, NotOffered, RateLimited
from exporter.metrics.model import Reading
from exporter.polling.platform import Said


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed attempt: the ``reason`` in metrics, and words for people.

    ``detail`` has the ``cause``, the ``endpoint`` and GitHub's ``request_id``.
    """

    reason: str
    detail: str
    hint: str
    cause: str = ""
    endpoint: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The reading or the error of one attempt."""

    at: datetime
    duration: timedelta
    result: Reading | GitHubError
    requests: int = 0

    @property
    def reading(self) -> Reading | None:
        return self.result if isinstance(self.result, Reading) else None

    @property
    def error(self) -> GitHubError | None:
        return self.result if isinstance(self.result, GitHubError) else None

    @property
    def unattempted(self) -> bool:
        return isinstance(self.result, RateLimited) and self.result.unattempted

    def said(self, *, may_postpone: bool) -> Said:
        """Return the answer in the terms of the platform rule."""
        match self.result:
            case Reading():
                return Said.ANSWERED
            case NotOffered():
                return Said.REFUSED
            case Closed():
                return Said.CLOSED
        return Said.UNATTEMPTED if may_postpone and self.unattempted else Said.FAILED
