"""The series limit: the dearest repositories and workflows stay, the others are folded."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from heapq import merge
from itertools import chain, filterfalse, islice
from math import fsum

from exporter.metrics import catalogue
from exporter.metrics.model import Metric, Reading, Sample

OTHER = "(other)"
"""Label of folded workflows, repositories or organizations; not a valid name on GitHub."""

_Path = tuple[str, ...]
"""Organization and repository, and the workflow if the metric has one."""

_Key = tuple[Metric, tuple[str, ...]]

_PORTION = 5_000
_NAMES = ("organization", "repository", "workflow")
_PLACES: Mapping[Metric, tuple[int, ...]] = {
    metric: tuple(metric.labels.index(name) for name in _NAMES if name in metric.labels)
    for metric in catalogue.BILL
    if "repository" in metric.labels
}
"""Indexes of a path in a metric's labels."""

_GROSS = {
    catalogue.REPOSITORY_USAGE_USD.gross,
    catalogue.PREVIOUS_CYCLE_REPOSITORY_USAGE_GROSS_USD,
    catalogue.WORKFLOW_USAGE_GROSS_USD,
}


def limited(reading: Reading, previous: Reading | None, limit: int) -> Reading:
    """Return the reading with at most ``limit`` series of each metric with a repository label.

    Up to half of them are those of the repositories with the highest gross cost of the month.
    Others are folded whole into `OTHER` of their organization until the limit is kept: those with
    the lowest cost first, but after all others those that ``previous`` shows for the same cycle.
    If that is not enough, `OTHER` of organizations are folded into one, the smallest first. Ties
    are broken by name, and sums do not change. Workflows are folded into `OTHER` of their
    repository, and with the last of them the whole repository into `OTHER` of all.
    """
    elsewhere: list[Sample] = []
    foldings: dict[int, _Folding] = {}
    for sample in reading.samples:
        if places := _PLACES.get(sample.metric):
            foldings.setdefault(len(places), _Folding()).add(sample)
        else:
            elsewhere.append(sample)
    everyone = frozenset(chain.from_iterable(each.series for each in foldings.values()))
    if not everyone:
        return reading
    kept = previous.shown if previous and previous.cycle_end == reading.cycle_end else frozenset()
    for folding in foldings.values():
        folding.fold(kept, limit)
    shown = everyone & frozenset(chain.from_iterable(each.series for each in foldings.values()))
    samples = reading.samples
    if shown != everyone:
        folded = chain.from_iterable(each.samples() for each in foldings.values())
        samples = (*elsewhere, *folded)
    repositories = foldings.get(2)
    return replace(
        reading,
        samples=samples,
        shown=shown,
        folded=len(everyone) - len(shown),
        # Twice the rests: the other half is for the dearest repositories.
        series_limit_advised=2 * repositories.rests if repositories else 0,
    )


def _moves(
    small: Iterable[_Path], dearest: Iterable[_Path], sizes: Mapping[_Path, float]
) -> Iterator[tuple[_Path, _Path]]:
    named = Counter(path[:-1] for path in sizes)
    several = len(named) > 1
    rests: dict[_Path, list[float]] = {}
    for path in small:
        rest = _above(path)
        rests.setdefault(rest, []).append(sizes[path])
        yield path, rest
        named[path[:-1]] -= 1
        if several and rest[1] != OTHER and not named[path[:-1]]:
            del rests[rest]
            yield rest, _above(rest)
    if several:
        for rest in sorted(rests, key=lambda each: (fsum(rests[each]), each)):
            yield rest, _above(rest)
    for path in dearest:
        yield path, _above(_above(path)) if several else _above(path)


def _above(path: _Path) -> _Path:
    return (OTHER,) * len(path) if path[-1] == OTHER else (*path[:-1], OTHER)


def _smallest_first(sizes: Mapping[_Path, float]) -> list[_Path]:
    # In portions: sorting a hundred thousand at once would block all other threads.
    sized = ((size, path) for path, size in sizes.items())
    portions: list[list[tuple[float, _Path]]] = []
    while portion := sorted(islice(sized, _PORTION)):
        portions.append(portion)
    return [path for _, path in merge(*portions)]


def _most(metrics: Iterable[Metric]) -> int:
    return max(Counter(metrics).values(), default=0)


class _Folding:
    """The samples of all metrics with paths of one length.

    ``rests`` is the number of series of `OTHER` by organization if they had to be folded too.
    """

    def __init__(self) -> None:
        self.series: dict[_Path, list[Sample]] = {}
        self.rests = 0
        self._counts: Counter[Metric] = Counter()
        self._sums: dict[_Path, dict[_Key, list[float]]] = {}

    def add(self, sample: Sample) -> None:
        path = tuple(sample.labels[place] for place in _PLACES[sample.metric])
        self._counts[sample.metric] += 1
        if path[-1] == OTHER:
            self._sums.setdefault(path, {})[sample.metric, sample.labels] = [sample.value]
        else:
            self.series.setdefault(path, []).append(sample)

    def fold(self, kept: frozenset[_Path], limit: int) -> None:
        if max(self._counts.values()) <= limit:
            return
        sizes = self._sizes()
        smallest = _smallest_first(sizes)
        first = len(smallest) - self._fitting(reversed(smallest), limit // 2)
        small, dearest = smallest[:first], smallest[first:]
        small = [*filterfalse(kept.__contains__, small), *filter(kept.__contains__, small)]
        for source, target in _moves(small, dearest, sizes):
            if max(self._counts.values()) <= limit:
                break
            if source[-1] == OTHER and not self.rests:
                self.rests = _most(key for sums in self._sums.values() for key, _ in sums)
            self._move(source, target)

    def samples(self) -> Iterator[Sample]:
        yield from chain.from_iterable(self.series.values())
        for sums in self._sums.values():
            for (metric, labels), values in sums.items():
                yield Sample(metric, labels, fsum(values))

    def _fitting(self, paths: Iterable[_Path], room: int) -> int:
        counts: Counter[Metric] = Counter()
        for number, path in enumerate(paths):
            counts.update(sample.metric for sample in self.series[path])
            if max(counts.values()) > room:
                return number
        return len(self.series)

    def _sizes(self) -> dict[_Path, float]:
        # Gross dollars, or the sum of the samples if none has dollars.
        sized = _GROSS & set(self._counts) or set(self._counts)
        return {
            path: fsum(sample.value for sample in samples if sample.metric in sized)
            for path, samples in self.series.items()
        }

    def _move(self, source: _Path, target: _Path) -> None:
        if source == target:  # an organization with the name of `OTHER`
            return
        into = self._sums.setdefault(target, {})
        series = ((metric, its, [value]) for metric, its, value in self.series.pop(source, ()))
        sums = (
            (metric, its, values) for (metric, its), values in self._sums.pop(source, {}).items()
        )
        for metric, its, values in chain(series, sums):
            labels = list(its)
            for place, name in zip(_PLACES[metric], target, strict=True):
                labels[place] = name
            # Overlapping values have no sum, so they are left out.
            same = into.setdefault((metric, tuple(labels)), values) if metric.summable else []
            if same is not values:
                same.extend(values)
                self._counts[metric] -= 1
