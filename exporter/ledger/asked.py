"""Rows of a month, requested from GitHub's usage summary, usage report and AI usage."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial

import msgspec

from exporter.accounts import Account, AccountType
from exporter.billing import skus
from exporter.billing.cycle import Cycle
from exporter.billing.values import Text
from exporter.github.api import GitHub
from exporter.ledger import cost_centers, exports, models, report, summary
from exporter.ledger.periods import text_of
from exporter.ledger.report_rows import ReportItem, RowMaker, TotalsFold
from exporter.ledger.row import (
    BY_SKU,
    IN_REPORT_ONLY,
    NO_CENTER,
    ZERO,
    Dimension,
    Row,
    checked,
    minus,
    plus,
)
from exporter.ledger.totals import Totals

DEADLINE_SECONDS = 3600.0
"""For a month of an account: slow reports, many cost centers, or a wait for the hourly limit."""

AI_SKUS = skus.AI_CREDIT_SKUS | skus.PREMIUM_REQUEST_SKUS
"""SKUs of which GitHub reports the models."""

_NUMBERS = ("price_per_unit", "gross_quantity", "gross_amount", "discount_amount", "net_amount")
_ROUNDING = Decimal("1e-6")
_Sku = tuple[str, str, str]


class SummaryItem(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A row of the usage summary or of AI usage, to the last digit that GitHub sends."""

    product: Text
    sku: Text
    unit_type: Text
    price_per_unit: Decimal
    gross_quantity: Decimal
    gross_amount: Decimal
    discount_amount: Decimal
    net_amount: Decimal
    model: Text | None = None

    def __post_init__(self) -> None:
        for name in _NUMBERS:
            msgspec.structs.force_setattr(self, name, checked(name, getattr(self, name)))


@dataclass(frozen=True, slots=True)
class Month:
    """A month of an account's bill, and how to ask for it in one attempt.

    ``tell`` is called with a line for each wait and each download.
    """

    github: GitHub
    account: Account
    cycle: Cycle
    now: datetime
    tell: Callable[[str], None] = lambda _: None
    _whole: list[list[Row]] = field(default_factory=list)
    _centers: list[dict[str, str]] = field(default_factory=list)

    @property
    def _names(self) -> dict[str, str]:
        kind, account = self.account.type.value, self.account.name
        return {"account_type": kind, "account": account, "date": text_of(self.cycle)}

    async def summary(self, **filters: str) -> list[Row]:
        """Return the rows of the usage summary. ``filters`` are those of `summary.ask`."""
        if self._whole and not filters:
            return self._whole[0]
        endpoint = summary.ENDPOINTS[self.account.type]
        items = await summary.rows_or_none(
            self.github,
            endpoint,
            summary.Report[SummaryItem],
            self.account,
            self.cycle,
            absent=(),
            **filters,
        )
        found = [self._row(item) for item in items or ()]
        if not filters:
            self._whole.append(found)
        return found

    async def models(self, **filters: str) -> list[Row]:
        """Return the rows of AI usage by model."""
        items = await models.ask(
            self.github, self.account, self.cycle, summary.Report[SummaryItem], **filters
        )
        return [self._row(item, model=(item.model or "").strip()) for item in items]

    async def report(
        self, by: Sequence[Dimension], *, split: bool = False, center: str = "", **cost_center: str
    ) -> AsyncIterator[Totals]:
        """Yield the sums of the usage report by dimension, in one part or in one part a day."""
        maker = RowMaker(self.account, self.cycle, center)

        def fold(first: datetime, last: datetime) -> TotalsFold:
            return TotalsFold(maker, Totals(by, split=split), first, last)

        async for totals in report.ask(
            self.github, self.account, self.cycle, ReportItem, fold, now=self.now, **cost_center
        ):
            yield totals

    async def whole_report(self, by: Sequence[Dimension], *, split: bool) -> AsyncIterator[Totals]:
        """Yield the parts of `report` outside cost centers, then of each cost center."""
        async for part in self.report(by, split=split, center=NO_CENTER):
            yield part
        for center, name in (await self.centers()).items():
            async for part in self.report(by, split=split, center=name, cost_center_id=center):
                yield part

    async def exported(self, by: Sequence[Dimension], *, split: bool) -> Totals:
        """Return the sums of the detailed report, which GitHub makes for enterprises only."""
        exported = await exports.ask(
            self.github,
            self.account,
            self.cycle,
            self.now,
            by,
            totals=partial(Totals, by, split=split),
            tell=self.tell,
        )
        return exported.totals

    async def year(self) -> list[Row]:
        """Return the month's rows of the yearly report, which has one row per SKU and month."""
        start = self.cycle.start.replace(month=1)
        year = Cycle(start, start.replace(year=start.year + 1))

        def fold() -> TotalsFold:
            # All months: an unchanged answer is kept, and a later attempt may need another one.
            totals = Totals((Dimension.MONTH, *BY_SKU), split=True)
            return TotalsFold(RowMaker(self.account, year), totals, year.start, year.end)

        found: list[Row] = []
        for center in (None, *await self.centers()):
            filters = {} if center is None else {"cost_center_id": center}
            async for totals in self.github.report(
                report.ENDPOINTS[self.account.type],
                "usageItems",
                ReportItem,
                fold,
                instead=(),
                account=self.account.name,
                year=self.cycle.year,
                **filters,
            ):
                found += (row for row in totals.rows() if row.month == text_of(self.cycle))
        return found

    async def centers(self) -> dict[str, str]:
        """Return the names of all cost centers by id, deleted ones included."""
        if self.account.type is not AccountType.ENTERPRISE:
            return {}
        if self._centers:
            return self._centers[0]
        found: dict[str, str] = {}
        for state in ("active", "deleted"):
            listed = await cost_centers.listed_or_none(self.github, self.account, state, absent=())
            for center in listed or ():
                found.setdefault(center.id, center.name or center.id)
        found.pop(cost_centers.REST, None)
        self._centers.append(found)
        return found

    def _row(self, item: SummaryItem, model: str = "") -> Row:
        return Row(
            **self._names,
            product=skus.product_name(item.product),
            sku=skus.sku_name(item.sku),
            unit=skus.unit_name(item.unit_type),
            price=item.price_per_unit,
            quantity=item.gross_quantity,
            gross=item.gross_amount,
            discount=item.discount_amount,
            net=item.net_amount,
            model=model,
        )


async def add_month(
    month: Month, by: Sequence[Dimension], totals: Totals, *, split: bool = False
) -> Decimal:
    """Add all rows of a month that have the dimensions ``by``, each dollar once.

    Usage of a cost center is requested by its id, usage outside cost centers beside it. Returns
    the net that was added, in US dollars.
    """
    net = ZERO
    async for rows in _parts(month, by, split=split):
        for row in rows:
            totals.add(row)
            net = plus(net, row.net or ZERO)
    return net


async def _parts(
    month: Month, by: Sequence[Dimension], *, split: bool
) -> AsyncIterator[Iterable[Row]]:
    if Dimension.WORKFLOW in by:
        yield (await month.exported(by, split=split)).rows()
    elif IN_REPORT_ONLY & set(by):
        async for part in month.whole_report(by, split=split):
            yield part.rows()
    elif Dimension.COST_CENTER in by and month.account.type is AccountType.ENTERPRISE:
        for center, name in ({cost_centers.REST: NO_CENTER} | await month.centers()).items():
            rows = await _summed(month, by, cost_center_id=center)
            yield (msgspec.structs.replace(row, cost_center=name) for row in rows)
    else:
        yield await _summed(month, by)


async def _summed(month: Month, by: Sequence[Dimension], **filters: str) -> list[Row]:
    rows = await month.summary(**filters)
    if Dimension.MODEL not in by or not any(row.sku in AI_SKUS for row in rows):
        return rows
    return list(by_model(rows, await month.models(**filters)))


def by_model(rows: Iterable[Row], of_models: Sequence[Row]) -> Iterator[Row]:
    """Replace the AI usage of a summary by its models, and a rest that no model explains.

    A model's product is the summary's, if the summary has the SKU under one product only.
    """
    rows = list(rows)
    products: dict[str, set[str]] = {}
    for row in rows:
        products.setdefault(row.sku, set()).add(row.product)
    explained: dict[_Sku, _Rest] = {}
    for row in of_models:
        (product, *others) = products.get(row.sku, {row.product})
        named = row if others else msgspec.structs.replace(row, product=product)
        yield named
        explained.setdefault(_sku(named), _Rest(named)).subtract(named)
    for row in rows:
        if (rest := explained.get(_sku(row))) is None:
            yield row
        else:
            rest.add(row)
    for rest in explained.values():
        if any(abs(value) > _ROUNDING for value in rest.values):
            yield rest.row()


def _sku(row: Row) -> _Sku:
    return row.product, row.sku, row.unit or ""


@dataclass(slots=True)
class _Rest:
    """A summary's row minus the rows of its models."""

    like: Row
    values: list[Decimal] = field(default_factory=lambda: [ZERO] * 4)

    def add(self, row: Row) -> None:
        self.like = msgspec.structs.replace(row, model="")
        self.values = [plus(*pair) for pair in zip(self.values, _amounts(row), strict=True)]

    def subtract(self, row: Row) -> None:
        self.values = [minus(*pair) for pair in zip(self.values, _amounts(row), strict=True)]

    def row(self) -> Row:
        quantity, gross, discount, net = self.values
        return msgspec.structs.replace(
            self.like, model="", quantity=quantity, gross=gross, discount=discount, net=net
        )


def _amounts(row: Row) -> list[Decimal]:
    return [value or ZERO for value in (row.quantity, row.gross, row.discount, row.net)]
