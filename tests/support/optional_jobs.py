"""The optional collectors of an account, and their requests."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from exporter.demo import SimulatedAccount, SimulatedBudget
from tests.support.world import World, organization

BUDGETS = "/settings/billing/budgets"
SEATS = "/settings/billing/advanced-security"
SHORT = {"poll": {"interval": "5s", "timeout": "5s"}}
OPTIONAL = ("plan", "budgets", "budget_estimates", "model_usage", "advanced_security")


def acme(**fields: Any) -> SimulatedAccount:
    budget = SimulatedBudget("actions", 11, "organization", entity="acme")
    return organization(ghas="bundled", budgets=[budget], **fields)


def asked_at(world: World, path: str) -> list[datetime]:
    return [request.at for request in world.github.requests if path in request.path]


def work(world: World) -> set[str]:
    """Return the optional collectors whose last attempt succeeded."""
    return {name for name in OPTIONAL if world.about("success", name) == 1}


async def comes(world: World, seconds: int, holds: Callable[[], bool]) -> None:
    """Let at most ``seconds`` pass until ``holds()``, which only a new request can change."""
    asked = -1
    for _ in range(seconds):
        if len(world.github.requests) != asked:
            asked = len(world.github.requests)
            if holds():
                return
        await world.passes(seconds=1)
    assert holds(), f"{holds} was not true within {seconds} s"
