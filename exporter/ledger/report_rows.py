"""Rows of GitHub's usage report, summed as they arrive."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

import msgspec

from exporter.accounts import Account, AccountType
from exporter.billing import skus
from exporter.billing.cycle import Cycle
from exporter.billing.owners import organization_of
from exporter.billing.values import Text
from exporter.ledger.row import Row, checked
from exporter.ledger.totals import Totals

_LENGTH_OF_DAY = len("2026-10-31")


class ReportItem(msgspec.Struct, frozen=True, rename="camel", kw_only=True, gc=False):
    """A row of the usage report, to the last digit that GitHub sends."""

    date: str
    product: Text
    sku: Text
    unit_type: Text
    price_per_unit: Decimal
    quantity: Decimal
    gross_amount: Decimal
    discount_amount: Decimal
    net_amount: Decimal
    organization_name: Text | None = None
    repository_name: Text | None = None


class RowMaker:
    """Makes rows of an account's report of a month; of a cost center, if it has that name."""

    def __init__(self, account: Account, cycle: Cycle, center: str = "") -> None:
        enterprise = account.type is AccountType.ENTERPRISE
        self._account_type, self._account = account.type.value, account.name
        self._owner = "" if enterprise else account.name
        self._center = center if enterprise else ""
        self._start, self._end = cycle.start, cycle.end - timedelta(seconds=1)

    def row(self, item: ReportItem, first: datetime, last: datetime) -> Row:
        """Return the row. Raises ``ValueError`` for an invalid number or a date out of bounds."""
        organization, repository, product, sku, unit = _names(
            self._owner,
            item.organization_name or "",
            item.repository_name or "",
            item.product,
            item.sku,
            item.unit_type,
        )
        at = _instant(item.date)
        if not first <= at <= last:
            raise ValueError("date is not in the requested period")
        return Row(
            account_type=self._account_type,
            account=self._account,
            # A row beside the month belongs to the month that it was requested for.
            date=_day(min(max(at, self._start), self._end)),
            organization=organization,
            repository=repository,
            cost_center=self._center,
            product=product,
            sku=sku,
            unit=unit,
            price=checked("pricePerUnit", item.price_per_unit),
            quantity=checked("quantity", item.quantity),
            gross=checked("grossAmount", item.gross_amount),
            discount=checked("discountAmount", item.discount_amount),
            net=checked("netAmount", item.net_amount),
        )


def _instant(date: str) -> datetime:
    try:
        at = datetime.fromisoformat(date)
    except ValueError:
        raise ValueError("date is not a date") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _day(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()[:_LENGTH_OF_DAY]


# Reports of millions of rows have few names.
@lru_cache(maxsize=16_384)
def _names(
    owner: str, organization: str, repository: str, *names: str
) -> tuple[str, str, str, str, str]:
    product, sku, unit = names
    named, _, name = repository.rpartition("/")
    known = organization or named
    is_own = known.casefold() in {"", owner.casefold()}
    return (
        owner if is_own else organization_of(known),
        name,
        skus.product_name(product),
        skus.sku_name(sku),
        skus.unit_name(unit),
    )


class TotalsFold:
    """Sums the rows of a report between two times."""

    def __init__(self, maker: RowMaker, totals: Totals, first: datetime, last: datetime) -> None:
        self._maker, self._totals = maker, totals
        self._first, self._last = first, last

    def add(self, items: Sequence[ReportItem]) -> None:
        """Add rows. Raises ``ValueError`` for a row of another month, or an invalid number."""
        add, row = self._totals.add, self._maker.row
        first, last = self._first, self._last
        for item in items:
            add(row(item, first, last))

    def result(self) -> Totals:
        return self._totals
