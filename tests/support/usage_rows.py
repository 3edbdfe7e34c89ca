"""Generated usage summaries: any published SKU, in any spelling."""

from collections.abc import Callable

from hypothesis import strategies as st
from msgspec.structs import replace

from exporter.billing.usage import SummaryRow
from tests.support.spellings import EVERY_SKU, Names, Sku

NUMBERS = SummaryRow.__struct_fields__[3:]
SUMMED = tuple(name for name in NUMBERS if name != "price_per_unit")

Spelling = Callable[[Sku], Names]
Use = tuple[Sku, SummaryRow]


def row_of(
    product: str = "Actions",
    sku: str = "actions_linux",
    unit_type: str = "minutes",
    **numbers: float,
) -> SummaryRow:
    return SummaryRow(product, sku, unit_type, **(dict.fromkeys(NUMBERS, 0.0) | numbers))


def spelled(use: Use, spelling: Spelling) -> SummaryRow:
    sku, row = use
    names = spelling(sku)
    return replace(row, product=names.product, sku=names.sku, unit_type=names.unit)


_NAMES = ("Actions", "actions_linux", "minutes")


def only(field: str, value: float) -> SummaryRow:
    """Return a row with one number set and all others 0."""
    return SummaryRow(*_NAMES, *(value if name == field else 0.0 for name in NUMBERS))


def _used(gross: float, covered: float, price: float) -> SummaryRow:
    quantities = (gross, gross * covered, gross - gross * covered)
    return SummaryRow(*_NAMES, price, *quantities, *(quantity * price for quantity in quantities))


_rows = st.builds(_used, st.floats(-1e9, 1e9), st.floats(0, 1), st.floats(0, 10))
reports = st.lists(st.sampled_from(EVERY_SKU), min_size=1, max_size=4).flatmap(
    # Few SKUs and more rows: real reports repeat SKUs.
    lambda skus: st.lists(st.tuples(st.sampled_from(skus), _rows), max_size=6)
)
