"""Configuration files with own prices and own budgets."""

from pathlib import Path

import pytest

from exporter.accounts import Account
from exporter.collectors import ALL
from exporter.settings import SettingsError, load, resolved

ACME = "organizations: [acme]\n"
CORP = "enterprises: [acme-corp]\n"


def price(**keys: object) -> str:
    usual = {"sku": "actions_self_hosted_linux", "usd": 0.0031, "from": "2026-01-01"} | keys
    return f"own_prices:\n  - {usual}\n"


def budget(**keys: object) -> str:
    return f"own_budgets:\n  - { {'name': 'b', 'usd': 5} | keys }\n"


def accounts(folder: Path, text: str) -> list[Account]:
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return list(resolved.accounts(load({"config": {"file": folder / "config.yaml"}}, {}, ALL)))


def fault(folder: Path, text: str) -> str:
    """Return the only fault of a file, without the path."""
    with pytest.raises(SettingsError) as caught:
        accounts(folder, text)
    (line,) = caught.value.faults
    return line.removeprefix(f"{folder / 'config.yaml'}:")
