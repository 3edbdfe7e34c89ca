"""What a history will cost: requests, time and size."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from exporter.billing.cycle import Cycle
from exporter.collectors.model_usage import MODEL_USAGE
from exporter.history.subject import Subject
from exporter.history.times import DAY
from exporter.history.wanted import Wanted

_SERIES_A_SKU, _OTHER_SERIES = 15, 38
_BYTES_A_SAMPLE = 170
_SAMPLES_A_SECOND = 1_000_000
_BYTES_A_SECOND_OF_PROMTOOL = 60_000_000
_SECONDS_A_REQUEST = 1.0
_REQUESTS_OF_MODELS = 2


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate for accounts and months, without usage by repository or cost center."""

    requests: int
    time: timedelta
    size: int

    @classmethod
    def of(
        cls,
        subjects: Sequence[Subject],
        months: Sequence[Cycle],
        wanted: Wanted,
        *,
        blocks: bool,
    ) -> "Estimate":
        days = sum((month.end - month.start) // DAY for month in months)
        shapes = days if wanted.daily else len(months)
        requests = sum(
            len(months) * (1 + _REQUESTS_OF_MODELS * (MODEL_USAGE.name in subject.collectors))
            + shapes
            for subject in subjects
        )
        series = sum(_SERIES_A_SKU * subject.skus + _OTHER_SERIES for subject in subjects)
        samples = series * days * (DAY // wanted.step)
        size = samples * _BYTES_A_SAMPLE
        seconds = requests * _SECONDS_A_REQUEST + samples / _SAMPLES_A_SECOND
        if blocks:
            seconds += size / _BYTES_A_SECOND_OF_PROMTOOL
        return cls(requests, timedelta(seconds=seconds), size)

    def __str__(self) -> str:
        minutes = max(1, round(self.time / timedelta(minutes=1)))
        megabytes = max(1, round(self.size / 1e6))
        size = f"{megabytes / 1000:.1f} GB" if megabytes >= 1000 else f"{megabytes} MB"
        return f"about {self.requests} requests, {minutes} min and {size} of text"
