"""Made-up bills of two organizations over years, in a real Prometheus.

Before ``LIVE`` they are as `history` loads them: a month's last sample is its bill. From then on
they are as scrapes of the exporter record them: late usage is only in the next month's word on the
month, and the first half hour of a month still has the last one's numbers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.blocks import load
from tests.support.programs import Version, prometheus

Sku = tuple[str, str, str]
"""Account, product, SKU."""

Shown = Iterator[tuple[datetime, str, Sku, float, datetime]]
"""Time, beginning of the metric's name, SKU, net dollars and month of each sample."""

LINUX: Sku = ("acme", "actions", "actions_linux")
MACOS: Sku = ("acme", "actions", "actions_macos")
SEATS: Sku = ("acme", "copilot", "copilot_for_business")
MODELS: Sku = ("acme", "models", "models_inference")
PACKAGES: Sku = ("acme", "packages", "packages_bandwidth")
LFS: Sku = ("acme", "git_lfs", "git_lfs_bandwidth")
"""Less than a cent."""

OTHERS: Sku = ("globex", "actions", "actions_linux")

STARTS = [datetime(2023 + number // 12, number % 12 + 1, 1, tzinfo=UTC) for number in range(4, 32)]
"""Of the months; the last is only the end of the one before."""

NOW = datetime(2025, 7, 23, 12, tzinfo=UTC)
LIVE = datetime(2025, 1, 1, tzinfo=UTC)
CORRECTED = datetime(2024, 11, 1, tzinfo=UTC)
"""A month that cost more on its last day than at its end."""

UNKNOWN = ("globex", datetime(2024, 8, 1, tzinfo=UTC))
"""An account without samples of a month, in that month and the next."""

SILENT_AT_ITS_END = datetime(2024, 4, 1, tzinfo=UTC)
SILENT_AFTERWARDS = datetime(2024, 6, 1, tzinfo=UTC)
"""A month about which the next one says nothing before its 11th day."""

_BEGAN = {MODELS: datetime(2025, 6, 1, tzinfo=UTC)}
_ENDED = {MACOS: datetime(2025, 6, 1, tzinfo=UTC), PACKAGES: datetime(2024, 5, 1, tzinfo=UTC)}
_FIRST = {
    LINUX: 101.11,
    MACOS: 55.55,
    SEATS: 190.0,
    MODELS: 12.34,
    PACKAGES: 3.05,
    LFS: 0.001,
    OTHERS: 47.07,
}
_PRICES = {LINUX: 0.008, MACOS: 0.08, SEATS: 19.0, MODELS: 0.00001, OTHERS: 0.008}
_CHEAPER = {
    LINUX: (datetime(2025, 6, 1, tzinfo=UTC), 0.006),
    MACOS: (datetime(2025, 1, 1, tzinfo=UTC), 0.062),
}
_LATE = 0.95
_DAY = timedelta(days=1)
_LINGERS = timedelta(minutes=30)
_LABELS = ("--label=job=github-billing", "--label=instance=exporter:9877")


def end_of(month: datetime) -> datetime:
    return (month + 31 * _DAY).replace(day=1)


def before(month: datetime, years: int = 0) -> datetime:
    """Return the month before, or the same month of an earlier year."""
    return month.replace(year=month.year - years) if years else (month - _DAY).replace(day=1)


def bill(month: datetime) -> dict[Sku, float]:
    """Return the net dollars of a whole month."""
    number = STARTS.index(month)
    return {
        sku: round(first * (1 + 0.07 * number + 0.31 * (number % 3)), 4)
        for sku, first in _FIRST.items()
        if _BEGAN.get(sku, month) <= month < _ENDED.get(sku, NOW)
    }


def month_to_date(month: datetime, at: datetime) -> dict[Sku, float]:
    """Return the net dollars that the exporter shows."""
    end = end_of(month)
    share = min((at + _step(month) - month) / (end - month), 1) * (_LATE if month >= LIVE else 1)
    if month == CORRECTED and timedelta(hours=1) < end - at < timedelta(hours=12):
        share = 1.2
    return {sku: net * share for sku, net in bill(month).items()}


def price(sku: Sku, month: datetime) -> float:
    since, cheaper = _CHEAPER.get(sku, (NOW, 0.0))
    return cheaper if month >= since else _PRICES.get(sku, 0.5)


@contextmanager
def billed(
    data: Path, version: Version, since: datetime = STARTS[1], until: datetime = NOW
) -> Iterator[str]:
    """Run a Prometheus with the bills from ``since``, a month, to ``until``; yield its base URL.

    Its blocks are created in ``data`` unless they exist.
    """
    if not data.exists():
        load(_scraped(since, until), data, *_LABELS)
        load(_recorded(since, until), data)
    flags = ("--storage.tsdb.retention.time=10y",)
    with prometheus("{}", version, data=data, flags=flags) as url:
        yield url


def _step(month: datetime) -> timedelta:
    return timedelta(minutes=15 if month >= LIVE else 5)


def _times(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime, datetime]]:
    """Yield each sample's time, the month that it says and the month before that."""
    for month in STARTS[STARTS.index(since) : -1]:
        at = month
        while at < end_of(month) and at <= until:
            lingers = month > LIVE and at < month + _LINGERS
            said = before(month) if lingers else month
            yield at, said, before(said)
            edge = at < month + _DAY or at >= end_of(month) - _DAY
            at += _step(month) if edge else timedelta(hours=3)


def _shown(since: datetime, until: datetime) -> Shown:
    for at, month, previous in _times(since, until):
        if month == SILENT_AT_ITS_END and at >= end_of(month) - _DAY:
            continue
        spent = month_to_date(month, min(at, end_of(month) - _step(month)))
        yield from ((at, "usage", sku, net, month) for sku, net in spent.items())
        if previous == SILENT_AFTERWARDS and at < month + 10 * _DAY:
            continue
        said = bill(previous)
        yield from ((at, "previous_cycle_usage", sku, net, previous) for sku, net in said.items())


def _known(since: datetime, until: datetime) -> Shown:
    silent, month = UNKNOWN
    for at, name, sku, net, of in _shown(since, until):
        if sku[0] != silent or not month <= at < end_of(end_of(month)):
            yield at, name, sku, net, of


def _scraped(since: datetime, until: datetime) -> Iterator[bytes]:
    for at, name, sku, net, month in _known(since, until):
        account, product, word = sku
        labels = f'account_type="organization",account="{account}",product="{product}",sku="{word}"'
        yield _line(f"github_billing_{name}_net_usd", labels, net, at)
        unit = f'{labels},unit="units"'
        yield _line(f"github_billing_{name}_price_usd", unit, price(sku, month), at)


def _recorded(since: datetime, until: datetime) -> Iterator[bytes]:
    sums: dict[tuple[str, datetime, str], float] = {}
    for at, name, (account, product, _), net, _ in _known(since, until):
        of = f'account_type="organization",account="{account}"'
        names = [
            (f"account_product:github_billing_{name}_net_usd:sum", f'{of},product="{product}"')
        ]
        names.append((f"account:github_billing_{name}_net_usd:sum", of))
        for record, labels in names:
            key = record, at, labels
            sums[key] = sums.get(key, 0.0) + net
    for (record, at, labels), value in sums.items():
        yield _line(record, labels, value, at)


def _line(name: str, labels: str, value: float, at: datetime) -> bytes:
    return f"{name}{{{labels}}} {value!r} {at.timestamp():.0f}\n".encode()
