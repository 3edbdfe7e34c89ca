"""The series limit: where repositories are too many, the smallest are folded into one."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import fsum

from exporter.metrics import catalogue
from exporter.metrics.model import Metric, Reading, Sample

OTHER = "(other)"
"""Stands for folded repositories or organizations; GitHub allows no such name."""

_Pair = tuple[str, str]
_OtherLabels = tuple[tuple[str, str], ...]

_OVERLAPPING = frozenset({catalogue.ADVANCED_SECURITY_REPOSITORY_COMMITTERS})
"""What has no sum, as one person commits to several repositories: folded, it is left out."""


def fold(reading: Reading, previous: Reading | None, limit: int) -> Reading:
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
    smallest = sorted(everyone, key=lambda pair: (sizes[pair], pair))
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


class _Folding:
    """The series of a reading by repository, and how many there are of each metric."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._series: dict[_Pair, dict[tuple[Metric, _OtherLabels], list[float]]] = {}
        self._elsewhere: list[Sample] = []
        self._counts: Counter[Metric] = Counter()
        for sample in samples:
            labels = dict(zip(sample.metric.labels, sample.labels, strict=True))
            if "repository" not in labels:
                self._elsewhere.append(sample)
                continue
            pair = labels.pop("organization"), labels.pop("repository")
            series = self._series.setdefault(pair, {})
            series[sample.metric, tuple(labels.items())] = [sample.value]
            self._counts[sample.metric] += 1

    def pairs(self) -> Iterable[_Pair]:
        return self._series

    def fits(self, limit: int) -> bool:
        return all(count <= limit for count in self._counts.values())

    def sizes(self) -> dict[_Pair, float]:
        """Give each repository's gross dollars, or what else is said of it."""
        gross = catalogue.REPOSITORY_USAGE_GROSS_USD
        sized = {gross} if gross in self._counts else set(self._counts)
        return {
            pair: fsum(values[0] for (metric, _), values in series.items() if metric in sized)
            for pair, series in self._series.items()
        }

    def move(self, source: _Pair, target: _Pair) -> None:
        into = self._series.setdefault(target, {})
        for key, values in self._series.pop(source).items():
            if key in into or key[0] in _OVERLAPPING:
                self._counts[key[0]] -= 1
            if key[0] not in _OVERLAPPING:
                into.setdefault(key, []).extend(values)

    def samples(self) -> Iterator[Sample]:
        yield from self._elsewhere
        for (organization, repository), series in self._series.items():
            for (metric, labels), values in series.items():
                yield metric(
                    fsum(values), organization=organization, repository=repository, **dict(labels)
                )
