"""The series limit: the smallest repositories and workflows are folded into one."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from heapq import merge
from itertools import chain, islice
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

_GROSS = {catalogue.REPOSITORY_USAGE_USD.gross, catalogue.WORKFLOW_USAGE_GROSS_USD}


def limited(reading: Reading, previous: Reading | None, limit: int) -> Reading:
    """Return the reading with at most ``limit`` series of each metric with a repository label.

    Whole repositories are folded into `OTHER` of their organization: those with the lowest gross
    cost of the month first, ties by name. If that is not enough, all `OTHER` of organizations are
    folded into one. Workflows are folded into `OTHER` of their repository, and with the last of
    them the whole repository into `OTHER` of all. Sums do not change. What ``previous`` shows for
    the same cycle is folded last, so that a series stays until its cycle ends.
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
    return replace(reading, samples=samples, shown=shown, folded=len(everyone) - len(shown))


def _moves(
    everyone: frozenset[_Path], kept: frozenset[_Path], sizes: dict[_Path, float]
) -> Iterator[tuple[_Path, _Path]]:
    smallest = _smallest_first(everyone, sizes)
    named = Counter(path[:-1] for path in everyone)
    several = len(named) > 1
    rests: dict[_Path, list[float]] = {}
    for path in smallest:
        if path not in kept:
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
    for path in smallest:
        if path in kept:
            yield path, _above(_above(path)) if several else _above(path)


def _above(path: _Path) -> _Path:
    return (OTHER,) * len(path) if path[-1] == OTHER else (*path[:-1], OTHER)


def _smallest_first(everyone: Iterable[_Path], sizes: Mapping[_Path, float]) -> list[_Path]:
    # In portions: sorting a hundred thousand at once would block all other threads.
    sized = ((sizes[path], path) for path in everyone)
    portions: list[list[tuple[float, _Path]]] = []
    while portion := sorted(islice(sized, _PORTION)):
        portions.append(portion)
    return [path for _, path in merge(*portions)]


class _Folding:
    """The samples of all metrics with paths of one length."""

    def __init__(self) -> None:
        self.series: dict[_Path, list[Sample]] = {}
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
        for source, target in _moves(frozenset(self.series), kept, self._sizes()):
            if max(self._counts.values()) <= limit:
                break
            self._move(source, target)

    def samples(self) -> Iterator[Sample]:
        yield from chain.from_iterable(self.series.values())
        for sums in self._sums.values():
            for (metric, labels), values in sums.items():
                yield Sample(metric, labels, fsum(values))

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
