"""Curves of an account's past month, drawn from what the page would have said."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from exporter.billing import own_prices, usage
from exporter.billing.cycle import Cycle
from exporter.billing.usage import SummaryRow
from exporter.collectors import cost_centers, model_usage
from exporter.collectors import usage as summary_usage
from exporter.history import reported
from exporter.history.asked import Answers
from exporter.history.curves import Lines, Named
from exporter.history.recorded import KEPT_LABELS, recorded
from exporter.history.subject import Subject
from exporter.history.times import Times
from exporter.history.wanted import Labels, Wanted
from exporter.metrics.model import Sample

SLOW_STEP = timedelta(hours=6)
"""The step of usage by repository, organization and cost center, whose collectors poll as often."""

_Samples = Sequence[Sample]


class Before(NamedTuple):
    """What a month needs of the one before: its summary, and its spend by hour."""

    cycle: Cycle
    rows: Sequence[SummaryRow] = ()
    spent: Sequence[float] = ()


def summed(answers: Answers, times: Times) -> Lines:
    """Return the lines of the usage summary."""
    lines = Lines(times.number)
    for day in range(times.number):
        rows = answers.shape.at(answers.rows, day)
        lines.add(day, *map(summary_usage.samples, rows, times.edges(day)))
    return lines


def drawn(
    subject: Subject, answers: Answers, before: Before, times: Times, wanted: Wanted
) -> Iterator[Named]:
    """Yield the curves of an account.

    The labels that are wanted are added; to those of recording rules, only what the rules keep.
    """
    fast, slow = summed(answers, times), Lines(times.number)
    constant = (subject.info(), *summary_usage.previous_samples(before.rows))
    prices = own_prices.prices_of(subject.account.own.prices, times.cycle.start)
    for day in range(times.number):
        rows = answers.shape.at(answers.rows, day)
        fast.add(day, *(summary_usage.own_samples(each, prices).samples for each in rows))
        models = answers.shape.at(answers.models, day)
        fast.add(day, *map(model_usage.samples, models))
        fast.add(day, constant, constant)
        if answers.centers:
            slow.add(day, *_of_centers(answers, day))
    if answers.report is not None:
        reported.add(slow, subject, answers.report, answers.shape.days, prices)
    step = wanted.step
    for lines, its_step in ((fast, step), (slow, max(step, SLOW_STEP))):
        for metric, by_labels in lines.found.items():
            for values, line in by_labels.items():
                own = subject.labels | dict(zip(metric.labels, values, strict=True))
                yield Named(metric.name, _sorted(metric.name, own, wanted.labels), line, its_step)
    kept = tuple(label for label in wanted.labels if label[0] in KEPT_LABELS)
    for name, curve, beyond in recorded(fast, times, step, before.spent):
        yield Named(name, _sorted(name, subject.labels | dict(beyond), kept), curve, step)


def _sorted(name: str, own: dict[str, str], labels: Labels) -> Labels:
    return tuple(sorted({"__name__": name, **dict(labels), **own}.items()))


def _of_centers(answers: Answers, day: int) -> Iterator[_Samples]:
    rows = answers.shape.at(answers.rows, day)
    centers = {name: its.shape.at(its.rows, day) for name, its in answers.centers.items()}
    for edge, whole in enumerate(rows):
        parts = {name: usage.sums(its[edge]) for name, its in centers.items()}
        yield cost_centers.usage_samples(usage.sums(whole), parts)
