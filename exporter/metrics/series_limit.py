"""The series limit: the smallest repositories are folded into one."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from heapq import merge
from itertools import chain, islice
from math import fsum

from exporter.metrics import catalogue
from exporter.metrics.model import Metric, Reading, Sample

OTHER = "(other)"
"""Label of folded repositories or organizations; not a valid name on GitHub."""

_Pair = tuple[str, str]
_Key = tuple[Metric, tuple[str, ...]]

_PORTION = 5_000
_PLACES: Mapping[Metric, tuple[int, int]] = {
    metric: (metric.labels.index("organization"), metric.labels.index("repository"))
    for metric in catalogue.BILL
    if "repository" in metric.labels
}
"""Indexes of organization and repository in a metric's labels."""


def limited(reading: Reading, previous: Reading | None, limit: int) -> Reading:
    """Return the reading with at most ``limit`` series of each metric with a repository label.

    Whole repositories are folded into `OTHER` of their organization: those with the lowest gross
    cost of the month first, ties by name. If that is not enough, all `OTHER` of organizations are
    folded into one. Sums do not change. Repositories that ``previous`` shows for the same cycle
    are folded last, so that a series stays until its cycle ends.
    """
    folding = _Folding(reading.samples)
    everyone = frozenset(folding.series)
    if not everyone:
        return reading
    kept = previous.shown if previous and previous.cycle_end == reading.cycle_end else frozenset()
    for source, target in _moves(everyone, kept, folding.sizes()):
        if max(folding.counts.values()) <= limit:
            break
        folding.move(source, target)
    shown = everyone & frozenset(folding.series)
    samples = reading.samples if shown == everyone else tuple(folding.samples())
    return replace(reading, samples=samples, shown=shown, folded=len(everyone) - len(shown))


def _moves(
    everyone: frozenset[_Pair], kept: frozenset[_Pair], sizes: dict[_Pair, float]
) -> Iterator[tuple[_Pair, _Pair]]:
    smallest = _smallest_first(everyone, sizes)
    others: dict[str, list[float]] = {}
    for organization, repository in smallest:
        if (organization, repository) not in kept:
            others.setdefault(organization, []).append(sizes[organization, repository])
            yield (organization, repository), (organization, OTHER)
    several = len({organization for organization, _ in everyone}) > 1
    if several:
        for organization in sorted(others, key=lambda name: (fsum(others[name]), name)):
            yield (organization, OTHER), (OTHER, OTHER)
    for organization, repository in smallest:
        if (organization, repository) in kept:
            yield (organization, repository), (OTHER if several else organization, OTHER)


def _smallest_first(everyone: Iterable[_Pair], sizes: Mapping[_Pair, float]) -> list[_Pair]:
    # In portions: sorting a hundred thousand at once would block all other threads.
    sized = ((sizes[pair], pair) for pair in everyone)
    portions: list[list[tuple[float, _Pair]]] = []
    while portion := sorted(islice(sized, _PORTION)):
        portions.append(portion)
    return [pair for _, pair in merge(*portions)]


class _Folding:
    def __init__(self, samples: Iterable[Sample]) -> None:
        self.series: dict[_Pair, list[Sample]] = {}
        self.counts: Counter[Metric] = Counter()
        self._sums: dict[_Pair, dict[_Key, list[float]]] = {}
        self._elsewhere: list[Sample] = []
        for sample in samples:
            if sample.metric not in _PLACES:
                self._elsewhere.append(sample)
                continue
            organization, repository = _PLACES[sample.metric]
            pair = sample.labels[organization], sample.labels[repository]
            self.counts[sample.metric] += 1
            if pair[1] == OTHER:
                self._sums.setdefault(pair, {})[sample.metric, sample.labels] = [sample.value]
            else:
                self.series.setdefault(pair, []).append(sample)

    def sizes(self) -> dict[_Pair, float]:
        """Return each repository's gross dollars, or the sum of its samples if none has dollars."""
        gross = catalogue.REPOSITORY_USAGE_USD.gross
        sized = {gross} if gross in self.counts else set(self.counts)
        return {
            pair: fsum(sample.value for sample in samples if sample.metric in sized)
            for pair, samples in self.series.items()
        }

    def move(self, source: _Pair, target: _Pair) -> None:
        into = self._sums.setdefault(target, {})
        series = ((metric, its, [value]) for metric, its, value in self.series.pop(source, ()))
        sums = (
            (metric, its, values) for (metric, its), values in self._sums.pop(source, {}).items()
        )
        for metric, its, values in chain(series, sums):
            labels = list(its)
            organization, repository = _PLACES[metric]
            labels[organization], labels[repository] = target
            # Overlapping values have no sum, so they are left out.
            same = into.setdefault((metric, tuple(labels)), values) if metric.summable else []
            if same is not values:
                same.extend(values)
                self.counts[metric] -= 1

    def samples(self) -> Iterator[Sample]:
        yield from self._elsewhere
        yield from chain.from_iterable(self.series.values())
        for sums in self._sums.values():
            for (metric, labels), values in sums.items():
                yield Sample(metric, labels, fsum(values))
