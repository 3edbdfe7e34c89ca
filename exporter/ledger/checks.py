"""Checks of a closed month: whether GitHub's numbers agree with each other and an invoice."""

from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from itertools import chain
from typing import Any

from exporter.accounts import AccountType
from exporter.billing.owners import PERSON
from exporter.github.errors import GitHubError, NotOffered, Rejected, Unreachable
from exporter.ledger import cost_centers
from exporter.ledger.asked import AI_SKUS, Month
from exporter.ledger.row import BY_SKU, ZERO, Dimension, Row, minus, plus, sum_of, times
from exporter.ledger.totals import Totals
from exporter.phrases import first_of

CENT = Decimal("0.01")
_HALF_A_CENT = Decimal("0.005")
_SHOWN = 3
_STORAGE_UNIT = "gigabyte_hours"
_OF_ORGANIZATIONS = (Dimension.ORGANIZATION, *BY_SKU)

_Amounts = Mapping[str, Decimal]

REFUSED = (NotOffered, Rejected, Unreachable)
"""Errors for which a source is not compared."""


class Source(StrEnum):
    """What a month's summary is compared with."""

    REPORT = "report"
    YEAR = "year"
    PRICE = "price"
    DISCOUNT = "discount"
    COST_CENTERS = "cost_centers"
    ORGANIZATIONS = "organizations"
    MODELS = "models"
    INVOICE = "invoice"


@dataclass(frozen=True, slots=True)
class Check:
    """The result of a comparison.

    ``differences`` are US dollars by SKU, none below a cent. ``note`` names the
    parts that were not compared. ``unread`` is the reason if a source cannot be read.
    """

    source: Source
    differences: _Amounts = field(default_factory=dict)
    note: str = ""
    unread: str = ""

    @property
    def difference(self) -> Decimal:
        """The sum of the absolute differences, in US dollars."""
        return sum_of(map(abs, self.differences.values()))

    def __str__(self) -> str:
        note = f" ({self.note})" if self.note else ""
        if self.unread:
            return f"{self.source}: not compared: {self.unread}{note}"
        if not self.differences:
            return f"{self.source}: agrees{note}"
        largest = sorted(self.differences.items(), key=lambda each: -abs(each[1]))
        places = first_of([f"{sku or 'sum'} {value:+.2f}" for sku, value in largest], _SHOWN)
        return f"{self.source}: differs by {self.difference:.2f} USD: {places}{note}"


async def of_month(
    month: Month,
    rows: Sequence[Row],
    wanted: Collection[Source] = frozenset(Source),
    unread: tuple[type[GitHubError], ...] = REFUSED,
) -> list[Check]:
    """Compare ``rows``, a closed month's summary, with the ``wanted`` sources.

    Prices and discounts are compared within the summary. A source that fails with one of
    the errors ``unread`` is not compared. Raises `GitHubError` for other failures.
    """
    by_organization = Source.ORGANIZATIONS in wanted
    evidence = _Evidence(month, rows, _OF_ORGANIZATIONS if by_organization else BY_SKU)
    checks = []
    for source, compare in _COMPARE.items():
        enterprise = month.account.type is AccountType.ENTERPRISE
        if source not in wanted or (source in _OF_ENTERPRISES and not enterprise):
            continue
        try:
            checks.append(await compare(evidence))
        except unread as error:
            checks.append(Check(source, unread=f"its source cannot be read ({error.reason})"))
    return checks


def of_invoice(rows: Iterable[Row], amount: Decimal) -> Check:
    """Compare the net of a month's summary with the metered lines of its invoice.

    GitHub rounds each line, so half a cent per SKU that costs something is agreement.
    """
    billed = [row.net for row in rows if row.net]
    difference = minus(amount, sum_of(billed))
    tolerance = max(CENT, times(_HALF_A_CENT, Decimal(len(billed))))
    if abs(difference) <= tolerance:
        return Check(Source.INVOICE, {})
    note = f"the invoice is {'higher' if difference > 0 else 'lower'}"
    return Check(Source.INVOICE, {"": difference}, note=note)


@dataclass(slots=True)
class _Evidence:
    """A month's summary, and its report ``by`` dimensions once it has been read."""

    month: Month
    rows: Sequence[Row]
    by: Sequence[Dimension]
    _reported: Totals | None = None

    async def reported(self) -> Totals:
        if self._reported is None:
            totals = Totals(self.by, split=True)
            async for part in self.month.whole_report(self.by, split=True):
                totals.update(part.rows())
            self._reported = totals
        return self._reported


async def _report(evidence: _Evidence) -> Check:
    reported = await evidence.reported()
    rows = evidence.rows
    prices = {row.sku: row.price for row in chain(reported.rows(), rows) if row.price is not None}
    worth = _differing(_worth(reported.rows(), prices), _worth(rows, prices))
    gross = _differing(_by_sku(reported.rows(), "gross"), _by_sku(rows, "gross"))
    return Check(Source.REPORT, {**worth, **gross})


async def _year(evidence: _Evidence) -> Check:
    year = [row for row in await evidence.month.year() if row.unit != _STORAGE_UNIT]
    rows = [row for row in evidence.rows if row.unit != _STORAGE_UNIT]
    note = "without storage, which GitHub discounts otherwise in the yearly report"
    return Check(Source.YEAR, _differing(_by_sku(year, "net"), _by_sku(rows, "net")), note)


async def _price(evidence: _Evidence) -> Check:
    priced = _added(
        (row.sku, times(row.price, row.quantity))
        for row in evidence.rows
        if row.price is not None and row.quantity is not None
    )
    return Check(Source.PRICE, _differing(priced, _by_sku(evidence.rows, "gross")))


async def _discount(evidence: _Evidence) -> Check:
    paid = _added(
        (row.sku, minus(row.gross or ZERO, row.discount or ZERO)) for row in evidence.rows
    )
    return Check(Source.DISCOUNT, _differing(paid, _by_sku(evidence.rows, "net")))


async def _cost_centers(evidence: _Evidence) -> Check:
    centers = (cost_centers.REST, *await evidence.month.centers())
    parts = await _parts(evidence.month, "cost_center_id", centers)
    return Check(Source.COST_CENTERS, _differing(parts, _by_sku(evidence.rows, "net")))


async def _organizations(evidence: _Evidence) -> Check:
    reported = await evidence.reported()
    names = {row.organization: None for row in reported.rows()}
    parts = await _parts(
        evidence.month, "organization", [name for name in names if name not in {"", PERSON}]
    )
    found = _differing(parts, _by_sku(evidence.rows, "net"))
    # Seats may belong to the enterprise and to no organization.
    more = {sku: value for sku, value in found.items() if value > 0}
    note = "differs only if the organizations have more than the enterprise"
    return Check(Source.ORGANIZATIONS, more, note)


async def _models(evidence: _Evidence) -> Check:
    found = await evidence.month.models()
    units = {row.unit for row in found}
    compared = [
        row for row in evidence.rows if row.sku in AI_SKUS and (not found or row.unit in units)
    ]
    if compared and not found and (refusal := evidence.month.github.refusal) is not None:
        raise refusal
    return Check(Source.MODELS, _differing(_by_sku(found, "gross"), _by_sku(compared, "gross")))


async def _parts(month: Month, name: str, values: Iterable[str]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for value in values:
        rows = await month.summary(**{name: value})
        found = _added(chain(found.items(), ((row.sku, row.net or ZERO) for row in rows)))
    return found


_COMPARE: Mapping[Source, Callable[[_Evidence], Coroutine[Any, Any, Check]]] = {
    Source.REPORT: _report,
    Source.YEAR: _year,
    Source.PRICE: _price,
    Source.DISCOUNT: _discount,
    Source.COST_CENTERS: _cost_centers,
    Source.ORGANIZATIONS: _organizations,
    Source.MODELS: _models,
}
_OF_ENTERPRISES = {Source.COST_CENTERS, Source.ORGANIZATIONS}


def _added(pairs: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for sku, value in pairs:
        found[sku] = plus(found.get(sku, ZERO), value)
    return found


def _by_sku(rows: Iterable[Row], field_name: str) -> dict[str, Decimal]:
    # The product of a SKU is not the same in all sources.
    return _added((row.sku, getattr(row, field_name) or ZERO) for row in rows)


def _worth(rows: Iterable[Row], prices: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Return the quantities at one price per SKU, so that their differences are dollars."""
    return _added((row.sku, times(row.quantity or ZERO, prices.get(row.sku, ZERO))) for row in rows)


def _differing(parts: _Amounts, whole: _Amounts) -> dict[str, Decimal]:
    differences = {
        sku: minus(parts.get(sku, ZERO), whole.get(sku, ZERO)) for sku in {**whole, **parts}
    }
    return {sku: value for sku, value in differences.items() if abs(value) >= CENT}
