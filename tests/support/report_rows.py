"""Made usage reports: any use of any published SKU by any repository, in any spelling."""

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.support.spellings import EVERY_SKU, Names, Sku


@dataclass(frozen=True)
class ReportRow:
    date: str = "2026-10-01T05:20:13Z"
    product: str = "actions"
    sku: str = "Actions Linux"
    unit_type: str = "Minutes"
    quantity: float = 0.0
    gross_amount: float = 0.0
    discount_amount: float = 0.0
    net_amount: float = 0.0
    organization_name: str | None = "acme"
    repository_name: str | None = "web"


AMOUNTS = ("quantity", "gross_amount", "discount_amount", "net_amount")


def _row(
    sku: Sku, spelling: Callable[[Sku], Names], amounts: tuple[float, ...], repository: str
) -> ReportRow:
    names = spelling(sku)
    quantity, gross, discount, net = amounts
    return ReportRow(
        product=names.product,
        sku=names.sku,
        unit_type=names.unit,
        repository_name=repository,
        quantity=quantity,
        gross_amount=gross,
        discount_amount=discount,
        net_amount=net,
    )


amounts = st.floats(-1e15, 1e15)
rows = st.builds(
    _row,
    st.sampled_from(EVERY_SKU[:3]),
    st.sampled_from([lambda sku: sku.report, lambda sku: sku.summary, lambda sku: sku.example]),
    st.tuples(amounts, amounts, amounts, amounts),
    st.sampled_from(["web", "acme/web", "ios", ""]),
)
reports = st.lists(rows, max_size=30)
