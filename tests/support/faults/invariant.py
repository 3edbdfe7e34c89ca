"""The invariant of a page: every sample follows from GitHub's answers, and no sample is too old.

A page is judged by account and group. A group has the samples of one collector: all from one true
answer, or it is absent.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import isclose

from tests.support.faults import oracle
from tests.support.faults.expected import BILLING, BY_PAYLOAD, BY_PAYLOAD_OF_ALL, BY_ROWS
from tests.support.faults.faulty_wire import Said
from tests.support.faults.oracle import Payload, Samples
from tests.support.faults.written_bills import Month, Rows, Scene

Page = Mapping[tuple[str, frozenset[tuple[str, str]]], float]

INTERVAL = timedelta(minutes=30)
HOUR = timedelta(hours=1)
STALE = {
    **dict.fromkeys(("usage", "model_usage", "advanced_security"), 3 * INTERVAL),
    **dict.fromkeys(("legacy_actions", "legacy_packages", "legacy_shared_storage"), 3 * INTERVAL),
    **dict.fromkeys(("usage_repositories", "usage_organizations", "usage_cost_centers"), 18 * HOUR),
    "usage_teams": 18 * HOUR,
    "usage_previous_cycle": 36 * HOUR,
}
"""Three hours for all others."""

_PREFIX = "github_billing_"
_JOB = "exporter_collector_"
_SLACK = timedelta(minutes=5)
_ATTEMPT = timedelta(seconds=50)
"""The longest time from the start of an attempt to its last request."""

_DISCOVERY = 60.0
"""The longest time in seconds until a list of GitHub takes effect."""

_PRODUCTS = ("advanced_security", "code_security", "secret_protection")
_OWN_GROUPS = (
    ("plan", ("plan_", *oracle.QUOTAS)),
    ("budgets", ("budget_limit_", "budget_info")),
    ("budget_estimates", ("budget_estimated_",)),
    ("model_usage", ("model_usage_",)),
    ("usage_previous_cycle", ("previous_cycle_",)),
    ("usage_repositories", ("repository_usage_", "usage_latest_item_")),
    ("usage_organizations", ("organization_usage_",)),
    ("usage_teams", ("team_usage_",)),
    ("usage_cost_centers", ("cost_center_usage_",)),
    ("cost_centers", ("cost_center_info",)),
    ("copilot_seats", ("copilot_",)),
    ("licenses", ("licenses_",)),
    ("license_sync", ("license_sync_",)),
)
_SPINE = ("cycle_", "actions_", "packages_", "shared_storage_", "usage_")
_LEGACY = (
    ("legacy_actions", "actions", oracle.legacy_actions, ("actions_",)),
    ("legacy_packages", "packages", oracle.legacy_packages, ("packages_",)),
    (
        "legacy_shared_storage",
        "shared-storage",
        oracle.legacy_storage,
        ("cycle_", "shared_storage_estimated_"),
    ),
)


def same(found: Samples, expected: Samples) -> bool:
    """Return whether samples are equal; an average over time may differ by 0.1 %."""
    return found.keys() == expected.keys() and all(
        isclose(
            value,
            expected[key],
            rel_tol=1e-3 if key[0] == "shared_storage_estimated_gigabytes" else 1e-12,
            abs_tol=1e-12,
        )
        for key, value in found.items()
    )


@dataclass
class Invariant:
    """Judges the pages of a stage. ``set_back`` has the times and sizes of the clock's steps back.

    Steps of less than five minutes go unnoticed: a reading may live that much longer.
    """

    stage: Scene
    set_back: list[tuple[float, timedelta]] = field(default_factory=list)

    def holds(self, page: Page) -> None:
        """Raise ``AssertionError`` if the page is wrong."""
        accounts = _by_account(page)
        for account, of_account in accounts.items():
            _OfAccount(self, account, of_account).holds()
        if "globex" in accounts:
            seen = self.stage.wire.record.get("orgs", {}).get("/user/orgs", [])
            latest = [each for each in seen if self.stage.passed - each.passed > _DISCOVERY][-1:]
            recent = [each for each in seen if self.stage.passed - each.passed <= _DISCOVERY]
            listed = {each["login"] for said in latest + recent for each in said.payload}
            assert "globex" in listed, "globex is polled but no longer listed"

    def is_ill(self, page: Page) -> list[str]:
        """Return the problems of a page while there are no faults."""
        accounts = _by_account(page)
        return [
            word
            for account in self.stage.accounts
            for word in _OfAccount(self, account, accounts.get(account, {})).ill()
        ]

    def lived(self, said: Said) -> timedelta:
        """Return the age of an answer, less the unnoticed steps of the clock."""
        unseen = (by for at, by in self.set_back if at >= said.passed and by < _SLACK)
        return timedelta(seconds=self.stage.passed - said.passed) - sum(unseen, timedelta(0))


def _by_account(page: Page) -> Mapping[str, Page]:
    found: dict[str, dict[tuple[str, frozenset[tuple[str, str]]], float]] = {}
    for key, value in page.items():
        account = next((text for label, text in key[1] if label == "account"), None)
        if account is not None:
            found.setdefault(account, {})[key] = value
    return found


class _OfAccount:
    """One account's samples, and the answers that they may come from."""

    def __init__(self, invariant: Invariant, account: str, page: Page) -> None:
        self.stage, self.account = invariant.stage, account
        self._lived, self._set_back = invariant.lived, bool(invariant.set_back)
        self._now = self.stage.world.clock()
        self.bill: Samples = {}
        self.jobs: dict[tuple[str, str], float] = {}
        for (name, labels), value in page.items():
            of = dict(labels)
            if name.startswith(_PREFIX):
                del of["account"], of["account_type"]
                short = name.removeprefix(_PREFIX)
                if short.startswith(_JOB):
                    self.jobs[of["collector"], short.removeprefix(_JOB)] = value
                elif not short.startswith("exporter_"):
                    self.bill[oracle.series(short, **of)] = value

    def holds(self) -> None:
        info = self._take(("account_info",))
        assert len(info) == 1
        platform = dict(next(iter(info))[1])["platform"]
        self._advanced_security()
        spine = self._take(_SPINE, but=(*oracle.QUOTAS, "usage_latest_item_"))
        of_usage = oracle.series("cycle_start_timestamp_seconds") in spine
        if of_usage or self._just_read("usage"):
            assert platform == "usage", "samples of the usage platform on another platform"
            self._explained("usage", spine, self._usage())
        elif spine or platform == "legacy":
            assert platform != "usage", "samples of the legacy platform on the usage platform"
            self._legacy(spine)
        for collector, prefixes in _OWN_GROUPS:
            group = self._take(prefixes)
            if group or self._just_read(collector):
                self._explained(collector, group, self._expected(collector))
        assert self.bill == {}, "samples of an unknown collector"
        self._of_jobs()

    def ill(self) -> Iterator[str]:
        """Yield the collectors that fail or are old, and a missing bill."""
        if oracle.series("actions_used_minutes") not in self.bill:
            yield f"{self.account} has no bill"
        for (collector, what), value in self.jobs.items():
            if what == "failure_info":
                yield f"{self.account}: {collector} fails"
            elif what == "last_success_timestamp_seconds":
                age = self._now.timestamp() - value
                interval = self.jobs[collector, "interval_seconds"]
                if self.jobs.get((collector, "available")) == 1 and age > interval + 60:
                    yield f"{self.account}: {collector} is {age} s old"

    def _take(self, prefixes: tuple[str, ...], but: tuple[str, ...] = ()) -> Samples:
        taken = {
            key: value
            for key, value in self.bill.items()
            if key[0].startswith(prefixes) and not key[0].startswith(but or ("-",))
        }
        self.bill = {key: value for key, value in self.bill.items() if key not in taken}
        return taken

    def _just_read(self, collector: str) -> bool:
        # A fresh reading is judged even if it has no samples.
        at = self.jobs.get((collector, "last_success_timestamp_seconds"), 0.0)
        fresh = 0 <= self._now.timestamp() - at < INTERVAL.total_seconds()
        return fresh and not self._set_back and self.jobs.get((collector, "success")) == 1

    def _explained(self, collector: str, found: Samples, expected: Iterable[Samples]) -> None:
        answers = list(expected)
        if not any(same(found, each) for each in answers):
            raise AssertionError(
                f"{self.account}: {collector} matches none of {len(answers)} answers:\n"
                f"{_difference(found, answers)}"
            )
        at = self.jobs.get((collector, "last_success_timestamp_seconds"))
        assert at is not None, f"{self.account}: {collector} never succeeded but has samples"
        age = self._now - datetime.fromtimestamp(at, UTC)
        assert -_SLACK <= age < STALE.get(collector, 3 * HOUR), f"{collector} is {age} old"

    def _said(self, collector: str, path: str, **query: str) -> Iterator[Said]:
        of = "" if path == "/user" else self.account
        for asked, answers in self.stage.wire.record.get(of, {}).items():
            if asked.endswith(path):
                for said in reversed(answers):
                    fresh = self._lived(said) < STALE.get(collector, 3 * HOUR)
                    first = said.query.get("page", "1") == "1"
                    if fresh and first and query.items() <= said.query.items():
                        yield said

    def _payloads(
        self, collector: str, path: str, make: Callable[[Payload], Samples]
    ) -> Iterator[Samples]:
        return (make(said.payload) for said in self._said(collector, path))

    def _months(self, collector: str, path: str) -> Iterator[tuple[Said, Month, Rows]]:
        for said in self._said(collector, BILLING + path):
            month = int(said.query["year"]), int(said.query["month"])
            if oracle.month_end(*month) + HOUR > self._now or collector == "usage_previous_cycle":
                yield said, month, self.stage.books[self.account].at(said.passed, month)

    def _usage(self) -> Iterator[Samples]:
        for said, month, rows in self._months("usage", "usage/summary"):
            for taken in (said.asked, said.asked - _ATTEMPT):
                yield oracle.usage(rows, *month, taken)

    def _legacy(self, spine: Samples) -> None:
        self.bill |= spine
        for collector, path, make, prefixes in _LEGACY:
            group = self._take(prefixes, but=("shared_storage_included_",))
            if group:
                self._explained(collector, group, self._payloads(collector, BILLING + path, make))
        assert not self._take(("plan_", *oracle.QUOTAS)), "quotas of both platforms"

    def _advanced_security(self) -> None:
        found = {product for name, of in self.bill for key, product in of if key == "product"}
        shown = [product for product in _PRODUCTS if product in found and self._product(product)]
        assert shown in ([], ["advanced_security"]) or "advanced_security" not in shown

    def _product(self, product: str) -> bool:
        of_product = ("product", product)
        mine = {k: v for k, v in self.bill.items() if of_product in k[1] and "advanced" in k[0]}
        self.bill = {k: v for k, v in self.bill.items() if k not in mine}
        query = {} if product == _PRODUCTS[0] else {"advanced_security_product": product}
        by_repository = {k: v for k, v in mine.items() if "committers" in k[0]}
        seats = {k: v for k, v in mine.items() if k not in by_repository}
        for collector, group, make in (
            ("advanced_security", seats, oracle.advanced_security),
            ("advanced_security_repositories", by_repository, oracle.committers),
        ):
            if group:
                answers = self._said(collector, "/advanced-security", **query)
                self._explained(collector, group, (make(a.payload, product) for a in answers))
        return bool(seats)

    def _expected(self, collector: str) -> Iterator[Samples]:
        if (collector, self.account) in BY_PAYLOAD:
            path, make = BY_PAYLOAD[collector, self.account]
            yield from self._payloads(collector, path, make)
        elif collector in BY_PAYLOAD_OF_ALL:
            path, make = BY_PAYLOAD_OF_ALL[collector]
            yield from self._payloads(collector, path, make)
        elif collector in BY_ROWS:
            path, divide = BY_ROWS[collector]
            for _, month, rows in self._months(collector, path):
                yield divide(rows, month)
        elif collector == "plan":
            own = self.account == "acme-corp"
            profile = f"/{self.account}"
            answers = self._payloads(collector, profile, oracle.plan)
            yield from [oracle.enterprise_plan()] if own else answers
        elif collector == "model_usage":
            for family in ("ai_credit/usage", "premium_request/usage"):
                for said, _, _ in self._months(collector, family):
                    yield oracle.models(said.payload)
        elif collector == "budget_estimates":
            yield from self._estimates()
        elif collector == "cost_centers":
            answers_by_state = {
                said.query["state"]: said.payload for said in self._said(collector, "/cost-centers")
            }
            yield oracle.cost_centers(answers_by_state.values())

    def _estimates(self) -> Iterator[Samples]:
        for listed in self._said("budget_estimates", BILLING + "budgets"):
            budgets = listed.payload["budgets"]
            if not budgets:
                yield {}  # and no month is requested
            for _, _, rows in self._months("budget_estimates", "usage/summary"):
                yield oracle.estimates(rows, budgets)
            return

    def _of_jobs(self) -> None:
        for collector in {collector for collector, _ in self.jobs}:
            success = self.jobs.get((collector, "success"))
            failed = (collector, "failure_info") in self.jobs
            assert failed == (success == 0), f"{collector}: success is {success}"
            if self.jobs.get((collector, "available")) == 0:
                assert success is None
            if success == 1:
                attempt, last = (
                    self.jobs[collector, f"last_{what}_timestamp_seconds"]
                    for what in ("attempt", "success")
                )
                assert attempt == last, f"{self.account}: {collector}: {attempt}, {last}"


def _difference(found: Samples, answers: list[Samples]) -> str:
    if not answers:
        return f"{len(found)} samples, such as {next(iter(found), None)}"
    nearest = min(answers, key=lambda each: len(found.items() ^ each.items()))
    return f"{dict(found.items() - nearest.items())}\nnot\n{dict(nearest.items() - found.items())}"
