"""The series limit: where repositories are too many, the smallest are folded into one."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from heapq import merge
from itertools import islice
from math import fsum

from exporter.metrics import catalogue
from exporter.metrics.model import Metric, Reading, Sample

OTHER = "(other)"
"""Stands for folded repositories or organizations; GitHub allows no such name."""

_Pair = tuple[str, str]
_Labels = tuple[str, ...]
_Key = tuple[Metric, _Labels]

_PORTION = 5_000
_PLACES: Mapping[Metric, tuple[int, int]] = {
    metric: (metric.labels.index("organization"), metric.labels.index("repository"))
    for metric in catalogue.BILL
    if "repository" in metric.labels
}
"""Where in its labels a metric names organization and repository."""


def limited(reading: Reading, previous: Reading | None, limit: int) -> Reading:
    """Give the reading with at most ``limit`` series of each metric that names repositories.

    Whole repositories are folded into `OTHER`, organization by organization, smallest gross of
    the month first and ties by name, until the rest fits. Sums stay what they were. Where even
    one `OTHER` an organization is too many, organizations are folded alike. Repositories that
    ``previous`` shows, if it is of the same cycle, are folded last of all, so that a series
    lives until its cycle ends.
    """
    folding = _Folding(reading.samples)
    everyone = frozenset(folding.pairs())
    if not everyone:
        return reading
    kept = previous.shown if previous and previous.cycle_end == reading.cycle_end else frozenset()
    for source, target in _moves(everyone, kept, folding.sizes()):
        if folding.fits(limit):
            break
        folding.move(source, target)
    shown = everyone & frozenset(folding.pairs())
    if shown == everyone:
        return replace(reading, shown=shown)
    return replace(
        reading,
        samples=tuple(folding.samples()),
        shown=shown,
        folded=len(everyone) - len(shown),
    )


def _moves(
    everyone: frozenset[_Pair], kept: frozenset[_Pair], sizes: dict[_Pair, float]
) -> Iterator[tuple[_Pair, _Pair]]:
    """Give what to fold into what, in this order, for as long as there is too much."""
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
    # A sort of a hundred thousand at once would hold up every other thread.
    sized = ((sizes[pair], pair) for pair in everyone)
    portions: list[list[tuple[float, _Pair]]] = []
    while portion := sorted(islice(sized, _PORTION)):
        portions.append(portion)
    return [pair for _, pair in merge(*portions)]


class _Folding:
    """The series of a reading by repository, and how many there are of each metric.

    ``_sums`` are those of `OTHER`; all else stays as it was said, to take no memory twice.
    """

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._series: dict[_Pair, list[Sample]] = {}
        self._sums: dict[_Pair, dict[_Key, list[float]]] = {}
        self._elsewhere: list[Sample] = []
        self._counts: Counter[Metric] = Counter()
        for sample in samples:
            if sample.metric not in _PLACES:
                self._elsewhere.append(sample)
                continue
            organization, repository = _PLACES[sample.metric]
            pair = sample.labels[organization], sample.labels[repository]
            self._counts[sample.metric] += 1
            if pair[1] == OTHER:
                self._sums.setdefault(pair, {})[sample.metric, sample.labels] = [sample.value]
            else:
                self._series.setdefault(pair, []).append(sample)

    def pairs(self) -> Iterable[_Pair]:
        return self._series

    def fits(self, limit: int) -> bool:
        return max(self._counts.values()) <= limit

    def sizes(self) -> dict[_Pair, float]:
        """Give each repository's gross dollars, or what else is said of it."""
        gross = catalogue.REPOSITORY_USAGE_USD.gross
        sized = {gross} if gross in self._counts else set(self._counts)
        return {
            pair: fsum(sample.value for sample in samples if sample.metric in sized)
            for pair, samples in self._series.items()
        }

    def move(self, source: _Pair, target: _Pair) -> None:
        into = self._sums.setdefault(target, {})
        for metric, labels, value in self._series.pop(source, ()):
            self._add(into, metric, _moved(metric, labels, target), [value])
        for (metric, labels), values in self._sums.pop(source, {}).items():
            self._add(into, metric, _moved(metric, labels, target), values)

    def _add(
        self, into: dict[_Key, list[float]], metric: Metric, labels: _Labels, values: list[float]
    ) -> None:
        if not metric.summable:  # left out
            self._counts[metric] -= 1
            return
        same = into.setdefault((metric, labels), values)
        if same is not values:
            same.extend(values)
            self._counts[metric] -= 1

    def samples(self) -> Iterator[Sample]:
        yield from self._elsewhere
        for samples in self._series.values():
            yield from samples
        for sums in self._sums.values():
            for (metric, labels), values in sums.items():
                yield Sample(metric, labels, fsum(values))


def _moved(metric: Metric, labels: _Labels, target: _Pair) -> _Labels:
    organization, repository = _PLACES[metric]
    moved = list(labels)
    moved[organization], moved[repository] = target
    return tuple(moved)
