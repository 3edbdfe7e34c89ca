"""A past month as OpenMetrics text."""

from collections.abc import Iterator
from math import isnan

from exporter.history.curves import Named
from exporter.history.past_month import PastMonth
from exporter.metrics.model import ESCAPES

SUFFIX = ".om"


def text(month: PastMonth) -> Iterator[str]:
    """Yield the text of a month series by series, as OpenMetrics requires it."""
    families: dict[str, list[Named]] = {}
    for named in month.curves:
        families.setdefault(named.name, []).append(named)
    steps = {named.step for named in month.curves}
    days = {step: month.times.days(step) for step in steps}
    ends = {step: [[f" {at}\n" for at in day.times] for day in its] for step, its in days.items()}
    for name, family in families.items():
        yield f"# TYPE {name} gauge\n"
        for named in family:
            begin = _series(named)
            for number, day in enumerate(days[named.step]):
                values = named.curve.values(number, day)
                lines = zip(values, ends[named.step][number], strict=False)
                text = [f"{begin}{value!r}{end}" for value, end in lines if not isnan(value)]
                yield "".join(text)
    yield "# EOF\n"


def _series(named: Named) -> str:
    pairs = (
        f'{label}="{value.translate(ESCAPES)}"'
        for label, value in named.labels
        if label != "__name__"
    )
    return f"{named.name}{{{','.join(pairs)}}} "
