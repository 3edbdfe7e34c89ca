"""Seats that nobody uses, in dollars."""

from grafana import looks
from grafana.looks import Panel, Query
from grafana.queries import IDENTITY, latest
from grafana.tables import Column, rows

_PRODUCTS = {
    "copilot": "copilot_(enterprise|for_business|standalone)",
    "advanced_security": "ghas_licenses",
    "code_security": "ghas_code_security_licenses",
    "secret_protection": "ghas_secret_protection_licenses",
    "enterprise": "ghec_licenses",
}
"""Seat SKUs of each product."""


def in_dollars(used: str, bought: str) -> Panel:
    """Build a table of idle seats whose price GitHub reports.

    ``used`` and ``bought`` are seats by account and product.
    """
    copilot = latest("copilot_inactive_seats")
    idle = f'(({bought}) - ({used}) or label_replace({copilot}, "product", "copilot", "", ""))'
    # Of several prices the smallest, as the seats of each are unknown.
    price = f"min by ({IDENTITY}, product) ({' or '.join(map(_price, _PRODUCTS))})"
    both = f"on ({IDENTITY}, product)"
    return rows(
        "What do idle seats cost?",
        "Seats that were bought but not used, and Copilot seats not used this cycle, now: their "
        "number, GitHub's price of a seat for a month, and the dollars a month. Only seats whose "
        "price GitHub reports: no plans and volume licenses. Of two kinds of Copilot seats the "
        "cheaper price. From `copilot_inactive_seats`, `advanced_security_*_seats`, "
        "`licenses_*_seats` and `usage_price_usd`. Worth a review from the top.",
        [
            Query(f"{idle} > 0 and {both} {price}"),
            Query(f"{price} and {both} ({idle} > 0)"),
            Query(f"({idle} > 0) * {both} {price}"),
        ],
        [
            Column("account", "Account", width=95),
            Column("product", "Product"),
            Column("A", "Idle", looks.COUNT, width=70),
            Column("B", "Price", looks.EXACT_USD, width=70),
            Column("C", "USD a month", looks.EXACT_USD, width=112),
        ],
        "No idle seats with a price were read",
        sort="USD a month",
    )


def _price(product: str) -> str:
    only = f'unit="user_months",sku=~"{_PRODUCTS[product]}"'
    price = latest("usage_price_usd", "sku", only=only)
    return f'label_replace({price}, "product", "{product}", "", "")'
