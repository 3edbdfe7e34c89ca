"""Checks of a closed month: whether GitHub's numbers agree with each other and an invoice."""

from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from exporter.accounts import AccountType
from exporter.billing.skus import AI_CREDIT_SKUS, PREMIUM_REQUEST_SKUS
from exporter.github.errors import NotOffered, Rejected, Unreachable
from exporter.ledger import cost_centers
from exporter.ledger.asked import Month
from exporter.ledger.row import ZERO, Dimension, Row, minus, plus, sum_of, times
from exporter.ledger.totals import Totals

CENT = Decimal("0.01")
_HALF_A_CENT = Decimal("0.005")
_SHOWN = 3
_STORAGE_UNIT = "gigabyte_hours"
_AI_SKUS = AI_CREDIT_SKUS | PREMIUM_REQUEST_SKUS
_OF_ACCOUNT = (Dimension.PRODUCT, Dimension.SKU)
_OF_ORGANIZATIONS = (Dimension.ORGANIZATION, *_OF_ACCOUNT)

_Sku = tuple[str, str]
_Amounts = Mapping[_Sku, Decimal]


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

    ``differences`` are US dollars by product and SKU, none below a cent. ``note`` says what was
    not compared. ``unread`` is the reason if a source cannot be read.
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
        places = ", ".join(
            f"{sku or product or 'sum'} {value:+.2f}" for (product, sku), value in largest[:_SHOWN]
        )
        hidden = len(largest) - _SHOWN
        others = f" and {hidden} more" if hidden > 0 else ""
        return f"{self.source}: differs by {self.difference:.2f} USD: {places}{others}{note}"


async def of_month(
    month: Month, rows: Sequence[Row], wanted: Collection[Source] = frozenset(Source)
) -> list[Check]:
    """Compare ``rows``, a closed month's summary, with the ``wanted`` sources.

    Prices and discounts are compared within the summary. A source that GitHub refuses or fails to
    answer is not compared. Raises `GitHubError` for other failures.
    """
    by_organization = Source.ORGANIZATIONS in wanted
    evidence = _Evidence(month, rows, _OF_ORGANIZATIONS if by_organization else _OF_ACCOUNT)
    checks = []
    for source, compare in _COMPARE.items():
        enterprise = month.account.type is AccountType.ENTERPRISE
        if source not in wanted or (source in _OF_ENTERPRISES and not enterprise):
            continue
        try:
            checks.append(await compare(evidence))
        except (NotOffered, Rejected, Unreachable) as error:
            checks.append(Check(source, unread=f"its source cannot be read ({error.reason})"))
    return checks


def of_invoice(rows: Iterable[Row], amount: Decimal) -> Check:
    """Compare the net of a month's summary with the metered lines of its invoice.

    GitHub rounds each line, so half a cent per SKU is agreement.
    """
    billed = [row.net for row in rows if row.net]
    difference = minus(amount, sum_of(billed))
    tolerance = max(CENT, times(_HALF_A_CENT, Decimal(len(billed))))
    differences = {("", ""): difference} if abs(difference) > tolerance else {}
    return Check(Source.INVOICE, differences)


@dataclass(slots=True)
class _Evidence:
    """A month's summary, and its report ``by`` dimensions once it has been read."""

    month: Month
    rows: Sequence[Row]
    by: Sequence[Dimension]
    _reported: list[Row] | None = None

    async def reported(self) -> list[Row]:
        if self._reported is None:
            totals = Totals(self.by, split=True)
            async for part in self.month.report(self.by, split=True):
                totals.update(part.rows())
            for center in await self.month.centers():
                async for part in self.month.report(self.by, split=True, cost_center_id=center):
                    totals.update(part.rows())
            self._reported = list(totals.rows())
        return self._reported


async def _report(evidence: _Evidence) -> Check:
    reported = await evidence.reported()
    prices = {_key(row): row.price for row in (*reported, *evidence.rows) if row.price is not None}
    worth = _differing(_worth(reported, prices), _worth(evidence.rows, prices))
    gross = _differing(_by_sku(reported, "gross"), _by_sku(evidence.rows, "gross"))
    return Check(Source.REPORT, {**worth, **gross})


async def _year(evidence: _Evidence) -> Check:
    year = [row for row in await evidence.month.year() if row.unit != _STORAGE_UNIT]
    rows = [row for row in evidence.rows if row.unit != _STORAGE_UNIT]
    note = "without storage, which GitHub discounts otherwise in the yearly report"
    return Check(Source.YEAR, _differing(_by_sku(year, "net"), _by_sku(rows, "net")), note)


async def _price(evidence: _Evidence) -> Check:
    priced = _added(
        (_key(row), times(row.price, row.quantity))
        for row in evidence.rows
        if row.price is not None and row.quantity is not None
    )
    return Check(Source.PRICE, _differing(priced, _by_sku(evidence.rows, "gross")))


async def _discount(evidence: _Evidence) -> Check:
    paid = _added(
        (_key(row), minus(row.gross or ZERO, row.discount or ZERO)) for row in evidence.rows
    )
    return Check(Source.DISCOUNT, _differing(paid, _by_sku(evidence.rows, "net")))


async def _cost_centers(evidence: _Evidence) -> Check:
    parts: list[Row] = []
    for center in (cost_centers.REST, *await evidence.month.centers()):
        parts += await evidence.month.summary(cost_center_id=center)
    differences = _differing(_by_sku(parts, "net"), _by_sku(evidence.rows, "net"))
    return Check(Source.COST_CENTERS, differences)


async def _organizations(evidence: _Evidence) -> Check:
    parts: list[Row] = []
    for name in {row.organization: None for row in await evidence.reported() if row.organization}:
        parts += await evidence.month.summary(organization=name)
    found = _differing(_by_sku(parts, "net"), _by_sku(evidence.rows, "net"))
    # Seats may belong to the enterprise and to no organization.
    more = {sku: value for sku, value in found.items() if value > 0}
    note = "differs only if the organizations have more than the enterprise"
    return Check(Source.ORGANIZATIONS, more, note)


async def _models(evidence: _Evidence) -> Check:
    # The product of a SKU is not always the summary's.
    found = await evidence.month.models()
    units = {row.unit for row in found}
    compared = [
        row for row in evidence.rows if row.sku in _AI_SKUS and (not found or row.unit in units)
    ]
    models, rows = (
        _added((("", row.sku), row.gross or ZERO) for row in each) for each in (found, compared)
    )
    return Check(Source.MODELS, _differing(models, rows))


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


def _key(row: Row) -> _Sku:
    return row.product, row.sku


def _added(pairs: Iterable[tuple[_Sku, Decimal]]) -> dict[_Sku, Decimal]:
    found: dict[_Sku, Decimal] = {}
    for key, value in pairs:
        found[key] = plus(found.get(key, ZERO), value)
    return found


def _by_sku(rows: Iterable[Row], field_name: str) -> dict[_Sku, Decimal]:
    return _added((_key(row), getattr(row, field_name) or ZERO) for row in rows)


def _worth(rows: Iterable[Row], prices: Mapping[_Sku, Decimal]) -> dict[_Sku, Decimal]:
    """Return the quantities at one price per SKU, so that their differences are dollars."""
    return _added(
        (_key(row), times(row.quantity or ZERO, prices.get(_key(row), ZERO))) for row in rows
    )


def _differing(parts: _Amounts, whole: _Amounts) -> dict[_Sku, Decimal]:
    differences = {
        key: minus(parts.get(key, ZERO), whole.get(key, ZERO)) for key in {**whole, **parts}
    }
    return {key: value for key, value in differences.items() if abs(value) >= CENT}
