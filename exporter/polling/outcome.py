"""Outcome: a reading or an error, and a failure as people and metrics are told of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from exporter.accounts import Account
from exporter.collectors import Collector
from exporter.github.errors import Closed, GitHubError, NotOffered, RateLimited
from exporter.metrics.model import Reading
from exporter.polling.platform import Said


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed attempt: the reason that metrics show, and words for people."""

    reason: str
    detail: str
    hint: str

    @classmethod
    def of(cls, error: GitHubError, account: Account, collector: Collector) -> "Failure":
        detail = str(error).replace("{account}", account.name)
        return cls(error.reason, detail, error.mend(collector.permissions[account.type]))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt came to: either a reading or an error."""

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
        """Return the answer as the platform rule takes it; what may not wait has failed."""
        match self.result:
            case Reading():
                return Said.ANSWERED
            case NotOffered():
                return Said.REFUSED
            case Closed():
                return Said.CLOSED
        return Said.UNATTEMPTED if may_postpone and self.unattempted else Said.FAILED
