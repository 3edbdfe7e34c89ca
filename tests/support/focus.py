"""FOCUS files, and the column models of its versions.

The model of 1.4 is that of focus-data-toolkit, whose linter checks both. The model of 1.2 has the
same form: columns, levels, nullability and allowed values of the specification's rule set 1.2.0.1.
"""

import csv
import io
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from focus_data_toolkit.model.validator import lint_focus_1_4_structure, load_model

from exporter.ledger.row import sum_of
from tests.support.paths import ROOT

VERSIONS = ("1.2", "1.4")

_DATASET = "Cost and Usage"
_UNIT_PRICING = "SupportsUnitPricing"


def charges_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def total(charges: Sequence[dict[str, str]], column: str) -> Decimal:
    """Return the sum of a column, without its empty cells."""
    return sum_of(Decimal(charge[column]) for charge in charges if charge[column])


def model(version: str) -> dict[str, Any]:
    if version == "1.4":
        found: dict[str, Any] = load_model()
        return found
    found = json.loads((ROOT / "tests/ledger/focus_1_2.json").read_text(encoding="utf-8"))
    subcategory = found["datasets"][_DATASET]["columns"]["ServiceSubcategory"]
    subcategory["allowed_values"] = [*found["service_subcategory_parents"]]
    return found


def violations(charges: list[dict[str, str]], version: str, *, priced: bool = True) -> list[str]:
    """Return what is wrong with a file's charges; ``priced`` if each must have a price."""
    supported = [_UNIT_PRICING] if priced else []
    report = lint_focus_1_4_structure(
        _DATASET, charges, model=model(version), supported_conditions=supported
    )
    return report.messages()
