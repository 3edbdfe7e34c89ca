"""Made reports: any use of any published SKU, in any spelling."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

from hypothesis import strategies as st

from tests.support.spellings import EVERY_SKU, Names, Sku


@dataclass(frozen=True)
class Row:
    product: str = "Actions"
    sku: str = "actions_linux"
    unit_type: str = "minutes"
    price_per_unit: float = 0.0
    gross_quantity: float = 0.0
    discount_quantity: float = 0.0
    net_quantity: float = 0.0
    gross_amount: float = 0.0
    discount_amount: float = 0.0
    net_amount: float = 0.0


Spelling = Callable[[Sku], Names]
Use = tuple[Sku, Row]

NUMBERS = tuple(field.name for field in fields(Row) if field.type is float)
SUMMED = tuple(name for name in NUMBERS if name != "price_per_unit")


def spelled(use: Use, spelling: Spelling) -> Row:
    sku, row = use
    names = spelling(sku)
    return replace(row, product=names.product, sku=names.sku, unit_type=names.unit)


_NAMES = ("Actions", "actions_linux", "minutes")


def only(field: str, value: float) -> Row:
    """Make a row whose numbers are all 0 but one."""
    return Row(*_NAMES, *(value if name == field else 0.0 for name in NUMBERS))


def _used(gross: float, covered: float, price: float) -> Row:
    quantities = (gross, gross * covered, gross - gross * covered)
    return Row(*_NAMES, price, *quantities, *(quantity * price for quantity in quantities))


_rows = st.builds(_used, st.floats(-1e9, 1e9), st.floats(0, 1), st.floats(0, 10))
reports = st.lists(st.sampled_from(EVERY_SKU), min_size=1, max_size=4).flatmap(
    # Few SKUs and more rows: real reports repeat SKUs.
    lambda skus: st.lists(st.tuples(st.sampled_from(skus), _rows), max_size=6)
)
