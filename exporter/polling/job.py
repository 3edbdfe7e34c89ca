"""Job: an account and a collector, and the state of their polls."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta

from exporter.accounts import Account, AccountType, Platform
from exporter.collectors import Collector
from exporter.github.asking import CachedAnswers
from exporter.github.client import Client
from exporter.github.endpoints import USAGE_ROOTS
from exporter.github.errors import Closed, Forbidden, NotFound, RateLimited, Unauthorized
from exporter.metrics.model import Known, Reading
from exporter.metrics.page import JobFacts
from exporter.polling.outcome import Failure, Outcome
from exporter.settings import JobSettings

_MAY_OWN = "An enterprise may own this account"
_EXCLUDE = (
    "Leave it to the enterprise: stop watching the account, or exclude {what} for it with "
    "no_collectors under accounts."
)
_BILL = "usage, legacy_actions, legacy_packages and legacy_shared_storage"
_OF_SETTINGS = {"account", "collector", "client", "settings", "series_limit", "series_ceiling"}
_OF_ATTEMPT = {"running", "begun"}
_REFUSALS = {Unauthorized.reason, Forbidden.reason, NotFound.reason}


@dataclass(slots=True, eq=False)
class Job:
    """One account and collector. Only the poller changes it.

    ``begun`` is true from an attempt's slot to its end, ``was_refused`` from GitHub's refusal to
    its next answer. ``owner`` is the enterprise that owns the account, empty if unknown;
    ``report_answers`` and ``report_teams`` are those of the usage report that the job reads for
    itself and others, the teams as they were last allocated.
    ``seems_owned`` is true if GitHub answers as if there were one. ``enterprises`` are those that
    are watched beside the account. ``series_limit`` bounds each metric that names repositories,
    ``series_ceiling`` the whole reading.
    """

    account: Account
    collector: Collector
    client: Client
    settings: JobSettings
    due: datetime
    owner: str = ""
    seems_owned: bool = False
    enterprises: tuple[str, ...] = ()
    series_limit: int = 1_000
    series_ceiling: int = 50_000
    wait: timedelta = timedelta(0)
    running: bool = False
    begun: bool = False
    missed: int = 0
    answers: CachedAnswers = field(default_factory=dict)
    report_answers: CachedAnswers = field(default_factory=dict)
    report_teams: Mapping[tuple[str, str], str] | None = None
    known: Known[Reading] = Known()  # noqa: RUF009  (immutable)
    failure: Failure | None = None
    failures_in_row: int = 0
    unauthorized_in_row: int = 0
    not_offered_in_row: int = 0
    was_refused: bool = False
    last_attempt: datetime | None = None
    duration: timedelta | None = None
    requests: int = 0

    @property
    def names(self) -> dict[str, str]:
        """The fields that identify the job in the log."""
        return {**self.account.names, "collector": self.collector.name}

    @property
    def permission(self) -> str:
        """What a credential of the job's family needs."""
        needed = self.collector.permissions[self.account.type]
        return needed.needed_by(self.client.credential.family)

    def take_over(self, former: "Job") -> None:
        """Continue a job of earlier settings, which no longer runs."""
        for each in fields(self):
            if each.name not in _OF_SETTINGS | _OF_ATTEMPT:
                setattr(self, each.name, getattr(former, each.name))
        if self.client is not former.client:
            self.answers, self.report_answers = {}, {}
        if self.account.own != former.account.own:
            self.report_teams = None

    def asks_as(self, former: "Job") -> bool:
        """Return whether a job of earlier settings would have got the same answer."""
        return (
            self.client is former.client
            and _asked(self.account) == _asked(former.account)
            and self.settings.required == former.settings.required
            and (self.series_limit, self.series_ceiling)
            == (former.series_limit, former.series_ceiling)
        )

    def record(self, outcome: Outcome, failure: Failure | None, *, offered: bool = True) -> None:
        """Record an attempt. A failure leaves the last good reading in place."""
        self.last_attempt, self.duration = outcome.at, outcome.duration
        self.requests = outcome.requests
        self.failure = failure
        self.failures_in_row = 0 if failure is None else self.failures_in_row + 1
        unauthorized = isinstance(outcome.error, Unauthorized)
        self.unauthorized_in_row = self.unauthorized_in_row + 1 if unauthorized else 0
        self.not_offered_in_row = 0 if offered else self.not_offered_in_row + 1
        self.was_refused = self.is_refused or (self.was_refused and outcome.reading is None)
        if outcome.reading is not None:
            last, before = self.known.reading, self.known.before
            if self.collector.follows and last and last.cycle_end != outcome.reading.cycle_end:
                before = last
            self.known = Known(True, outcome.at, outcome.reading, before)
        else:
            # It may be offered by now: an older answer must not hide the failure.
            available = (self.known.available or None) if offered else False
            self.known = self.known._replace(available=available)

    def stand_by(self) -> None:
        """Reset the job: the other platform is shown instead."""
        self.known = Known(last_success=self.known.last_success)
        self.failure = None
        self.unauthorized_in_row = self.not_offered_in_row = 0
        self.was_refused = False

    def hint(self, failure: Failure) -> str:
        """Return the hint of a failure; it may be to leave the account to its enterprise."""
        if failure.reason == Closed.reason and self.account.platform is not Platform.LEGACY:
            return "GitHub closed this endpoint."
        if failure.reason not in {Forbidden.reason, NotFound.reason}:
            return failure.hint
        fixed = self.account.platform if self.collector.platform else None
        other = f" If the account is not on the {fixed} platform, set platform to auto."
        # Other endpoints are those of the credential, such as an App's installation.
        of_collector = failure.endpoint in {"", *self.collector.endpoints}
        owned = self._of_owner(failure.hint) if of_collector else ""
        return owned or f"{failure.hint}{other if fixed else ''}"

    def _of_owner(self, hint: str) -> str:
        reports = USAGE_ROOTS[AccountType.ORGANIZATION]
        if self.account.type is not AccountType.ORGANIZATION or not any(
            endpoint.startswith(reports) for endpoint in self.collector.endpoints
        ):
            return ""
        exclude = _EXCLUDE.format(what=_BILL if self.collector.decides else self.collector.name)
        if self.owner:
            owns = f"Enterprise {self.owner} owns this account"
            if self.owner.casefold() in map(str.casefold, self.enterprises):
                return f"{owns} and is watched: its bill includes the account. {exclude}"
            return f"{owns}: watch the enterprise instead. {hint}"
        if not self.seems_owned:
            return ""
        if self.enterprises:
            owners = " or ".join(self.enterprises)
            return f"{_MAY_OWN}: if it is {owners}, its bill includes the account. {exclude}"
        return f"{_MAY_OWN}: if so, watch the enterprise instead. {hint}"

    @property
    def failing(self) -> Failure | None:
        """The failure of the last attempt, None if the collector is not offered."""
        return None if self.known.available is False else self.failure

    @property
    def answered(self) -> bool:
        """Whether the last attempt was a success."""
        return self.last_attempt is not None and self.last_attempt == self.known.last_success

    @property
    def is_refused(self) -> bool:
        """Whether GitHub refused the last attempt, as a failure or as not offered."""
        return self.failure is not None and self.failure.reason in _REFUSALS

    def was_refused_before(self, moment: datetime) -> bool:
        """Return whether the last attempt was refused and ended before ``moment``."""
        if self.last_attempt is None or self.duration is None:
            return False
        return self.is_refused and self.last_attempt + self.duration < moment

    @property
    def waits_for_credential(self) -> bool:
        """Whether a new secret may change GitHub's answer."""
        limited = self.failure is not None and self.failure.reason == RateLimited.reason
        return self.known.available is False or self.is_refused or limited

    def facts(self, *, standing_by: bool) -> JobFacts:
        return JobFacts(
            collector=self.collector.name,
            known=self.known,
            standing_by=standing_by,
            failure=self.failing.reason if self.failing else None,
            detail=self.failure.detail if self.failure else "",
            hint=self.hint(self.failure) if self.failure else "",
            last_attempt=self.last_attempt,
            duration=self.duration,
            next_attempt=None if standing_by else self.due,
            interval=self.settings.interval,
            stale_after=self.settings.stale_after,
        )


def _asked(account: Account) -> Account:
    # Own budgets are compared with readings, and ask nothing.
    return replace(account, own=replace(account.own, budgets=()))
