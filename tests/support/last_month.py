"""The checks of last month's bill: their settings, an account, and their values on the page."""

from collections.abc import Mapping
from typing import Any

from exporter.demo import SimulatedAccount, SimulatedCostCenter
from tests.support.world import World, enterprise

CHECKS = "usage_previous_cycle_checks"
NAMED: Mapping[str, object] = {"collectors": [CHECKS]}
OF_ALL = {"report", "year", "price", "models"}
OF_ENTERPRISES = OF_ALL | {"cost_centers"}


def acme_corp(**fields: Any) -> SimulatedAccount:
    """Return an enterprise with usage of an active, a deleted and no cost center."""
    return enterprise(
        repositories=["acme/web", "research/models", "labs/paper"],
        cost_centers=[
            SimulatedCostCenter("Platform", [("Org", "acme")]),
            SimulatedCostCenter("Research", [("Repo", "research/models")], state="deleted"),
        ],
        **fields,
    )


def differences(world: World) -> dict[str, float]:
    """Return the differences on the page in US dollars by check."""
    return {
        dict(labels)["check"]: value
        for labels, value in world.series("previous_cycle_difference_usd").items()
    }
