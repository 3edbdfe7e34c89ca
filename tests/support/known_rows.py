"""Rows of a usage summary with known sums, for the process tests."""


def row(sku: str, unit: str, quantity: float, net: float) -> dict[str, object]:
    """Return a row of the usage summary without discounts."""
    return {
        "product": sku.partition("_")[0].title(),
        "sku": sku,
        "unitType": unit,
        "pricePerUnit": 0.5,
        "grossQuantity": quantity,
        "grossAmount": net,
        "discountQuantity": 0,
        "discountAmount": 0.0,
        "netQuantity": quantity,
        "netAmount": net,
    }


ROWS = [
    row("actions_linux", "minutes", 1234567.5, 0.1),
    row("actions_linux", "minutes", 0.5, 0.2),
    row("actions_macos_l", "minutes", 7, 987654.321),
    row("packages_storage", "gigabyte-hours", 1e-9, -3.25),
    row("copilot_for_business", "user-months", 0, 0),
]
