"""Self-hosted minutes on the page: at one's own price, and in no sum of GitHub's dollars."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from math import fsum

import pytest

from exporter.accounts import Account, AccountType
from exporter.billing.skus import SELF_HOSTED_SKUS
from exporter.commands.checking.gathering import gathered
from exporter.metrics.model import Reading
from exporter.own import Own, Price
from tests.support.collect import COLLECTORS, Says, read, said
from tests.support.paths import ACME_BILL, ACME_SUMMARY
from tests.support.world import World, enterprise, in_virtual_time, organization, row

LINUX, MACOS = "actions_self_hosted_linux", "actions_self_hosted_macos"
PRICES = (
    Price(LINUX, 0.5, date(2026, 9, 1)),
    Price(LINUX, 0.25, date(2026, 10, 1)),
    Price(LINUX, 8, date(2026, 11, 1)),
    Price(MACOS, 8, date(2026, 11, 1)),
)


def minutes(sku: str, quantity: float, **fields: object) -> dict[str, object]:
    return row(sku=sku, grossQuantity=quantity, netQuantity=quantity, **fields)


def acme(prices: Sequence[Price] = PRICES) -> Account:
    return Account(AccountType.ORGANIZATION, "acme", own=Own(prices=tuple(prices)))


def of_summary(*items: Mapping[str, object], prices: Sequence[Price] = PRICES) -> Reading:
    payload = {"timePeriod": {"year": 2026, "month": 10}, "usageItems": items}
    return read(COLLECTORS["usage"], acme(prices), Says({ACME_SUMMARY: payload}))


def of_report(*rows: Mapping[str, object], prices: Sequence[Price] = PRICES) -> Reading:
    usual = {
        "date": "2026-10-01",
        "product": "actions",
        "sku": "Actions self-hosted Linux",
        "unitType": "minutes",
        "grossAmount": 0,
        "discountAmount": 0,
        "netAmount": 0,
    }
    paths = {f"{ACME_BILL}/usage": {"usageItems": [{**usual, **each} for each in rows]}}
    return read(COLLECTORS["usage_repositories"], acme(prices), Says(paths))


def estimates(reading: Reading) -> dict[str, float]:
    return {name: usd for name, usd in said(reading).items() if "own_estimated_usd" in name}


class TestTheAccount:
    def test_has_its_minutes_at_the_price_of_the_month(self) -> None:
        reading = of_summary(minutes(LINUX, 80), minutes("Actions self-hosted Linux", 20))
        assert estimates(reading) == {f"own_estimated_usd actions {LINUX}": 25}

    def test_has_no_estimate_before_the_first_price(self) -> None:
        reading = of_summary(minutes(MACOS, 80))
        assert (estimates(reading), reading.notes) == ({}, ())

    @pytest.mark.parametrize("prices", [(), PRICES])
    def test_has_githubs_dollars_whatever_the_price(self, prices: Sequence[Price]) -> None:
        found = said(of_summary(minutes(LINUX, 80), prices=prices))
        assert {name: usd for name, usd in found.items() if " usage_" in f" {name}"} == {
            f"usage_gross_quantity actions {LINUX} minutes": 80,
            f"usage_discount_quantity actions {LINUX} minutes": 0,
            f"usage_net_quantity actions {LINUX} minutes": 80,
            f"usage_gross_usd actions {LINUX}": 0,
            f"usage_discount_usd actions {LINUX}": 0,
            f"usage_net_usd actions {LINUX}": 0,
            f"usage_price_usd actions {LINUX} minutes": 0,
        }

    @pytest.mark.parametrize(
        "billed",
        [
            minutes(LINUX, 80, pricePerUnit=0.002, grossAmount=0.16, netAmount=0.16),
            minutes(LINUX, 80, pricePerUnit=0.002),
            minutes(LINUX, 80, grossAmount=0.16, discountAmount=0.16),
        ],
    )
    def test_has_no_estimate_of_what_github_bills_and_says_so(
        self, billed: Mapping[str, object]
    ) -> None:
        reading = of_summary(billed, minutes(LINUX, 5))
        assert estimates(reading) == {}
        assert reading.notes == (f"No estimate for {LINUX}: GitHub bills it.",)


class TestRepositories:
    def test_have_their_minutes_at_the_price_of_the_month(self) -> None:
        reading = of_report(
            {"repositoryName": "web", "quantity": 80},
            {"repositoryName": "acme/web", "quantity": 20},
            {"repositoryName": "api", "quantity": 4},
            {"repositoryName": "web", "sku": "Actions Linux", "quantity": 9, "grossAmount": 3},
        )
        assert estimates(reading) == {
            f"repository_own_estimated_usd acme web actions {LINUX}": 25,
            f"repository_own_estimated_usd acme api actions {LINUX}": 1,
        }

    def test_have_no_estimate_of_what_github_bills_for_one(self) -> None:
        reading = of_report(
            {"repositoryName": "web", "quantity": 80, "grossAmount": 0.16},
            {"repositoryName": "api", "quantity": 4},
        )
        assert estimates(reading) == {}
        assert reading.notes == (f"No estimate for {LINUX}: GitHub bills it.",)


class TestSelfHostedMinutes:
    @pytest.mark.parametrize("sku", sorted(SELF_HOSTED_SKUS))
    def test_are_used_by_system_and_never_paid_and_known(self, sku: str) -> None:
        reading = of_summary(
            minutes(sku, 80), minutes("actions_linux", 5, pricePerUnit=0.006, grossAmount=0.03)
        )
        found = said(reading)
        runner = sku.removeprefix("actions_")
        system = runner.removeprefix("self_hosted").strip("_")
        os = system if system in {"linux", "macos", "windows"} else "other"
        assert found[f"actions_runner_used_minutes {os} {runner}"] == 80
        assert (found["actions_used_minutes"], found["actions_paid_minutes"]) == (85, 5)
        assert reading.unknown_skus == frozenset()


class TestOnThePage:
    SETTINGS: Mapping[str, object] = {
        "collectors": ["usage_repositories"],
        "own_prices": [{"sku": LINUX, "usd": 0.0031, "from": "2026-01-01"}],
    }

    @in_virtual_time
    async def test_repositories_sum_to_the_account(self) -> None:
        account = enterprise(self_hosted=True, repositories=["acme/web", "acme/api", "labs/web"])
        async with World(account, settings=self.SETTINGS) as world:
            minutes_used = world.value("usage_gross_quantity", sku=LINUX)
            whole = world.value("own_estimated_usd", product="actions", sku=LINUX)
            assert minutes_used
            assert whole == pytest.approx(minutes_used * 0.0031)
            parts = world.series("repository_own_estimated_usd", product="actions", sku=LINUX)
            assert len(parts) > 1
            assert fsum(parts.values()) == pytest.approx(whole)
            assert world.series("own_estimated_usd").keys() == {
                frozenset(
                    {
                        "account_type": "enterprise",
                        "account": "acme-corp",
                        "product": "actions",
                        "sku": LINUX,
                    }.items()
                )
            }

    @in_virtual_time
    async def test_teams_sum_to_the_account(self) -> None:
        account = enterprise(self_hosted=True, repositories=["acme/web", "acme/api", "labs/web"])
        rules = {"rules": [{"organizations": ["acme"], "team": "platform"}]}
        async with World(account, settings={**self.SETTINGS, "allocation": rules}) as world:
            parts = world.series("team_own_estimated_usd", sku=LINUX)
            teams = {dict(labels)["team"] for labels in parts}
            assert teams == {"platform", "(unallocated)"}
            whole = world.value("own_estimated_usd", sku=LINUX)
            assert fsum(parts.values()) == pytest.approx(whole)

    @in_virtual_time
    async def test_workflows_sum_to_the_account(self) -> None:
        account = enterprise(self_hosted=True, repositories=["acme/web", "labs/web"])
        settings = {**self.SETTINGS, "collectors": ["usage_workflows"]}
        async with World(account, settings=settings) as world:
            await world.passes(minutes=2)
            parts = world.series("workflow_own_estimated_usd", sku=LINUX)
            assert {dict(labels)["repository"] for labels in parts} == {"web"}
            assert len(parts) > 2
            whole = world.value("own_estimated_usd", sku=LINUX)
            assert fsum(parts.values()) == pytest.approx(whole, rel=1e-3)


class TestCheck:
    PRICES = tuple(
        {"sku": sku, "usd": 1, "from": day}
        for sku, day in [
            (LINUX, "2027-01-01"),
            (LINUX, "2026-10-01"),
            (MACOS, "2026-11-01"),
            (LINUX, "2026-11-01"),
        ]
    )

    @pytest.mark.parametrize(
        ("start", "to_come"),
        [
            (
                datetime(2026, 10, 31, 23, 59, tzinfo=UTC),
                [(LINUX, "2026-11-01"), (MACOS, "2026-11-01"), (LINUX, "2027-01-01")],
            ),
            (datetime(2026, 11, 1, tzinfo=UTC), [(LINUX, "2027-01-01")]),
            (datetime(2027, 1, 1, tzinfo=UTC), []),
        ],
    )
    @in_virtual_time
    async def test_lists_the_prices_of_later_months_once(
        self, start: datetime, to_come: Sequence[tuple[str, str]]
    ) -> None:
        settings = {"own_prices": self.PRICES}
        world = World(organization(), enterprise(), start=start, settings=settings)
        await world.app.once()
        assert gathered(world.app).notes == [
            f"The own price of {sku} from {day} has no effect yet" for sku, day in to_come
        ]
