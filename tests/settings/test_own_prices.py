"""Own prices in the file: accepted values, and one line for each fault."""

from datetime import date
from pathlib import Path

import pytest

from exporter.own import Price
from tests.support.own_settings import ACME, CORP, accounts, fault, price

SKUS = (
    "actions_self_hosted, actions_self_hosted_linux, actions_self_hosted_macos, "
    "actions_self_hosted_unknown, actions_self_hosted_windows"
)


class TestPrices:
    def test_are_those_of_every_account(self, tmp_path: Path) -> None:
        text = (
            f"{ACME}{CORP}own_prices:\n"
            "  - {sku: actions_self_hosted_linux, usd: 0.0031, from: 2026-01-01}\n"
            "  - {sku: Actions self-hosted Linux, usd: 0, from: '2026-03-01'}\n"
        )
        prices = (
            Price("actions_self_hosted_linux", 0.0031, date(2026, 1, 1)),
            Price("actions_self_hosted_linux", 0, date(2026, 3, 1)),
        )
        assert [each.own.prices for each in accounts(tmp_path, text)] == [prices, prices]

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            (
                price(sku="actions_linux"),
                f"3: own_prices[0].sku: GitHub bills this SKU, at its own price: use one of {SKUS}",
            ),
            (
                price(sku="Copilot Business"),
                f"3: own_prices[0].sku: GitHub bills this SKU, at its own price: use one of {SKUS}",
            ),
            (
                price(sku="actions_self_hosted_linus"),
                f"3: own_prices[0].sku: no such SKU without a price at GitHub: use one of {SKUS}",
            ),
            (
                price(**{"from": "2026-01-02"}),
                "3: own_prices[0].from: must be the first day of a month, such as 2026-01-01",
            ),
            (
                price(**{"from": 20260101}),
                "3: own_prices[0].from: must be the first day of a month, such as 2026-01-01",
            ),
            (
                price(**{"from": "2026-13-01"}),
                "3: own_prices[0].from: must be the first day of a month, such as 2026-01-01",
            ),
            *(
                (
                    f"own_prices:\n  - {{sku: actions_self_hosted_linux, usd: 1, from: {day}}}\n",
                    "3: own_prices[0].from: must be the first day of a month, such as 2026-01-01",
                )
                for day in ("2026-13-01", "2026-02-30", "2026-02-02", "0b_", "2026-01-01T00:00:00Z")
            ),
            (price(usd=-1), "3: own_prices[0].usd: must be a number, 0 or greater"),
            (price(usd=".nan"), "3: own_prices[0].usd: must be a number, 0 or greater"),
            (
                price(usd="1e308"),
                "3: own_prices[0].usd: must be US dollars per minute, at most 1,000",
            ),
            (price(usd="free"), "3: own_prices[0].usd: must be a number, 0 or greater"),
            (
                "own_prices:\n  - {sku: actions_self_hosted_linux, usd: 1}\n",
                "3: own_prices[0]: from is required",
            ),
            (
                price(until="2027-01-01"),
                "3: own_prices[0].until: no such key: use one of sku, usd, from",
            ),
            ("own_prices: 3\n", "2: own_prices: must be a list"),
            (
                f"{price()}  - {{sku: Actions Self-Hosted Linux, usd: 2, from: 2026-01-01}}\n",
                (
                    "4: own_prices[1]: FILE:3: own_prices[0] already has a price of this SKU "
                    "from this "
                    "day: remove one"
                ),
            ),
        ],
    )
    def test_at_fault_say_so_in_one_line(self, tmp_path: Path, text: str, line: str) -> None:
        assert fault(tmp_path, ACME + text) == line.replace("FILE", str(tmp_path / "config.yaml"))
