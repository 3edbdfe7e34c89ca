"""Coverage of a budget, and the net usage that counts against it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import fsum

from exporter.billing import skus
from exporter.billing.usage import SummaryRow

_BUNDLE = "bundle"
_PRODUCT = "product"
_SKU = "sku"
_KINDS = {"BundlePricing": _BUNDLE, "ProductPricing": _PRODUCT, "SkuPricing": _SKU}
_NAMING: Mapping[str, Callable[[str], str]] = {
    _BUNDLE: skus.normal_form,
    _PRODUCT: skus.product_name,
    _SKU: skus.sku_name,
}

# Bundle names or SKUs: AI credits, premium requests before June 2026 (docs: product, SKU names).
_BUNDLES = {
    "ai_credits": skus.AI_CREDIT_SKUS,
    "copilot_ai_credits": skus.AI_CREDIT_SKUS,
    "copilot_premium_request": skus.PREMIUM_REQUEST_SKUS,
    "premium_requests": skus.PREMIUM_REQUEST_SKUS,
}


@dataclass(frozen=True, slots=True)
class Target:
    """The products, SKUs or bundles of a budget, as normalized, sorted names."""

    kind: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return ",".join(self.names)

    @property
    def by_seat(self) -> bool:
        """Whether its amount counts licenses: SKUs billed in user-months (docs: budgets)."""
        return self.kind == _SKU and bool(self.names) and set(self.names) <= skus.SEAT_SKUS

    @property
    def known(self) -> bool:
        """Whether its coverage is known: GitHub publishes that of only two bundles."""
        return bool(self.names) and (self.kind != _BUNDLE or set(self.names) <= _BUNDLES.keys())

    def net_usd(self, rows: Iterable[SummaryRow]) -> float:
        """Sum the net US dollars of the rows that the budget covers."""
        return fsum(row.net_amount for row in rows if self._covers(row))

    def _covers(self, row: SummaryRow) -> bool:
        sku = skus.sku_name(row.sku)
        if self.kind == _PRODUCT:
            return skus.product_name(row.product) in self.names
        if self.kind == _BUNDLE:
            return any(sku in _BUNDLES.get(name, frozenset()) for name in self.names)
        return sku in self.names


def target(budget_type: str, names: Iterable[str]) -> Target:
    """Return the target of a budget: ``SkuPricing``, ``Actions Linux`` → ``actions_linux``."""
    kind = _KINDS.get(budget_type, _SKU)
    return Target(kind, tuple(sorted(set(map(_NAMING[kind], names)))))
