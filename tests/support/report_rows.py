"""Generated usage reports of a few SKUs and repositories, in any spelling."""

from collections.abc import Callable

from hypothesis import strategies as st

from exporter.billing.reports import ReportRow
from tests.support.spellings import EVERY_SKU, Names, Sku

AMOUNTS = ("quantity", "gross_amount", "discount_amount", "net_amount")


def report_row(
    *,
    date: str = "2026-10-01T05:20:13Z",
    sku: str = "Actions Linux",
    organization_name: str | None = "acme",
    repository_name: str | None = "web",
    **amounts: float,
) -> ReportRow:
    return ReportRow(
        date=date,
        product="actions",
        sku=sku,
        unit_type="Minutes",
        organization_name=organization_name,
        repository_name=repository_name,
        **(dict.fromkeys(AMOUNTS, 0.0) | amounts),
    )


def _row(
    sku: Sku, spelling: Callable[[Sku], Names], amounts: tuple[float, ...], repository: str
) -> ReportRow:
    names = spelling(sku)
    return ReportRow(
        date="2026-10-01T05:20:13Z",
        product=names.product,
        sku=names.sku,
        unit_type=names.unit,
        organization_name="acme",
        repository_name=repository,
        **dict(zip(AMOUNTS, amounts, strict=True)),
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
