"""Which of the alerts that fired were right, and which were silent or late."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.support.alert_days import Firing, alert_rules, duration

LATEST = timedelta(minutes=10)
"""The longest allowed silence beyond ``for``."""

_NONE = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """An alert that should fire because of something that lasts from ``cause`` until ``over``.

    ``seen`` is the longest time in which the exporter reads it, ``lasting`` the longest time for
    which the alert may stay after ``over``. Unless it is ``certain``, it need not fire.
    """

    alert: str
    labels: Mapping[str, str]
    cause: datetime
    over: datetime
    seen: timedelta = timedelta(minutes=16)
    lasting: timedelta = timedelta(minutes=30)
    certain: bool = True

    @property
    def due(self) -> datetime:
        hold = next(rule.hold for rule in alert_rules() if rule.name == self.alert)
        return self.cause + duration(hold)

    def explains(self, firing: Firing) -> bool:
        named = self.alert == firing.alert and self.labels.items() <= firing.labels.items()
        return named and self.due <= firing.since <= self.over + self.lasting


@dataclass(frozen=True, slots=True)
class Verdict:
    """A firing with what it was expected for, or the lack of either; ``fault`` is empty if right.

    ``late`` is the time beyond ``for``.
    """

    firing: Firing | None
    expected: Expected | None
    fault: str = ""
    late: timedelta = _NONE


def verdicts(
    firings: Sequence[Firing], expected: Iterable[Expected], end: datetime
) -> list[Verdict]:
    """Return a verdict on each firing, and on each expected one that is missing, by time."""
    found: list[Verdict] = []
    explained: set[int] = set()
    for each in expected:
        its = [firing for firing in firings if each.explains(firing)]
        explained |= set(map(id, its))
        found += _of(each, its, end)
    found += [Verdict(each, None, "false") for each in firings if id(each) not in explained]
    return sorted(found, key=_time)


def _of(expected: Expected, firings: Sequence[Firing], end: datetime) -> Iterator[Verdict]:
    if not firings:
        if expected.certain and expected.due + expected.seen < end:
            yield Verdict(None, expected, "silent")
        return
    if not expected.certain:
        yield from (Verdict(firing, expected) for firing in firings)
        return
    silent_since = expected.due
    for number, firing in enumerate(firings):
        late = firing.since - silent_since
        until = firing.until or end
        fault = ""
        if late > LATEST + (_NONE if number else expected.seen):
            fault = "silent before" if number else "late"
        elif until > expected.over + expected.lasting + LATEST:
            fault = "too long"
        elif firing is firings[-1] and until < min(expected.over, end) - LATEST:
            fault = "ended early"
        yield Verdict(firing, expected, fault, _NONE if number else late)
        silent_since = until


def _time(verdict: Verdict) -> datetime:
    if verdict.firing is not None:
        return verdict.firing.since
    assert verdict.expected is not None
    return verdict.expected.due
