"""A hundred accounts of every kind on one credential, for an hour."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

from exporter.accounts import Platform
from exporter.collectors import ALL
from exporter.demo import SimulatedAccount
from tests.support.legacy_figures import PACKAGES, SHARED_STORAGE
from tests.support.world import World, enterprise, in_virtual_time, organization, row, user

INTERVAL = timedelta(minutes=15)
LATEST = INTERVAL * 1.05 + timedelta(seconds=30)
"""An interval with jitter, one scheduler turn and the wait for one of eight slots."""


def usage(number: int) -> list[dict[str, object]]:
    """Return a bill that never changes, different for each account."""
    return [row(sku=f"actions_linux_{cores}_core", netAmount=number) for cores in (4, 8, 16)]


def hundred_accounts() -> list[SimulatedAccount]:
    return [
        *(organization(f"org-{n}", usage_items=usage(n)) for n in range(40)),
        *(organization(f"ghas-{n}", usage_items=usage(n), ghas="split") for n in range(20)),
        *(organization(f"old-{n}", platform=Platform.LEGACY, legacy=FIGURES) for n in range(20)),
        *(user(f"user-{n}", usage_items=usage(n)) for n in range(10)),
        *(enterprise(f"corp-{n}", usage_items=usage(n), ghas="bundled") for n in range(10)),
    ]


FIGURES = {
    "actions": {
        "total_minutes_used": 7,
        "total_paid_minutes_used": 0,
        "included_minutes": 3000,
        "minutes_used_breakdown": {"UBUNTU": 7, "total": 7},
    },
    "packages": PACKAGES,
    "shared-storage": SHARED_STORAGE,
}


class TestAHundredAccounts:
    @in_virtual_time
    async def test_are_fresh_for_an_hour_without_a_missed_poll_a_failure_or_a_task_left(
        self,
    ) -> None:
        before = asyncio.all_tasks()
        async with World(*hundred_accounts()) as world:
            await world.passes(minutes=2)
            first = world.samples()
            for _ in range(6):
                await world.passes(minutes=10)
                page = world.samples()
                assert first.keys() <= page.keys()
                self.assert_fresh(page, world.clock())
            assert sum(world.failures(collector.name) for collector in ALL) == 0
            missed = world.series("exporter_polls_missed_total")
            assert set(missed.values()) == {0.0}
            assert (
                world.series("account_info", platform="legacy").keys()
                | world.series("account_info", platform="usage").keys()
                == world.series("account_info").keys()
            )
            assert len(world.series("account_info")) == 100
        assert asyncio.all_tasks() == before

    @in_virtual_time
    async def test_that_do_not_change_cost_no_request_of_the_limit(self) -> None:
        async with World(*hundred_accounts()) as world:
            await world.passes(minutes=2.5)
            first = len(world.github.requests)
            await world.passes(minutes=16)
            steady = list(world.github.requests)[first:]
            refused = [r for r in steady if r.status not in {200, 304}]
            # Refusals have no ETag: usage of old accounts, the bundle of split ones, and missing
            # Advanced Security, requested in three ways once after 5 minutes.
            of_seats = {"org": 40 * 3, "old": 20 * 3, "ghas": 20}
            assert Counter(
                (r.path.split("/")[2].partition("-")[0], r.path.rpartition("/")[2]) for r in refused
            ) == {
                ("old", "summary"): 20,
                **{(kind, "advanced-security"): number for kind, number in of_seats.items()},
            }
            # Nine users are not the token's own: no refusal, and their plan is requested again.
            others = [r for r in steady if r not in refused and r.path == "/user"]
            assert len(others) == 9
            changeless = [r for r in steady if r not in refused and r not in others]
            assert Counter(r.status for r in changeless) == {304: 80 + 60 + 40 + 10}

    def assert_fresh(
        self, page: dict[tuple[str, frozenset[tuple[str, str]]], float], now: datetime
    ) -> None:
        ages = [
            now - datetime.fromtimestamp(at, UTC)
            for (name, labels), at in page.items()
            if name == "github_billing_exporter_collector_last_success_timestamp_seconds"
            and ("collector", "plan") not in labels
        ]
        # Usage of 80 accounts, three legacy collectors of 20, Advanced Security of 30.
        assert len(ages) == 80 + 3 * 20 + 30
        assert max(ages) <= LATEST
