"""Totals with accounts that are missing, and dollars over time: handwritten series."""

from pathlib import Path

import pytest

from tests.support.shown import Series, days, shown

NET = "account:github_billing_usage_net_usd:sum"
FORECAST = "account:github_billing_usage_net_usd:forecast"
LAST = "account:github_billing_previous_cycle_usage_net_usd:sum"
CYCLE = "account:github_billing_cycle_start_timestamp_seconds:max"
QUOTA = "account_quota:github_billing_included"
COLLECTOR = "github_billing_exporter_collector"
ENDED = "1x5 _x20"
"""Promtool's notation of a series that ends after five hours."""


def of(account: str, name: str, **labels: str) -> str:
    listed = {"account_type": "organization", "account": account, **labels}
    pairs = ",".join(f'{key}="{value}"' for key, value in listed.items())
    return f"{name}{{{pairs}}}"


def polled(account: str, success: float | str = 1, collector: str = "usage") -> Series:
    return {of(account, f"{COLLECTOR}_success", collector=collector): success}


def by_account(name: str, **values: float | str) -> Series:
    return {of(account, name): value for account, value in values.items()}


def organization(tmp_path: Path, board: str, title: str, series: Series, *expected: str) -> None:
    shown(tmp_path, board, title, series, *expected, account_type="organization")


BOTH = {**polled("a"), **polled("b", 0)}
BILLS = by_account(NET, a=7, b=5)
LEGACY = {
    **polled("old", ENDED),
    of("old", f"{COLLECTOR}_available", collector="usage"): 0,
}


class TestATotal:
    @pytest.mark.parametrize(
        ("series", "total"),
        [
            pytest.param({**BOTH, **BILLS}, '{accounts="2 accounts"} 12', id="whole"),
            pytest.param(
                {**BOTH, **by_account(NET, a=7)}, '{accounts="1 of 2 accounts"} 7', id="unread"
            ),
            pytest.param(
                {**polled("a"), **polled("b", ENDED), **by_account(NET, a=7, b=ENDED)},
                '{accounts="1 of 2 accounts"} 7',
                id="vanished",
            ),
            pytest.param(
                {**polled("a"), **LEGACY, **by_account(NET, a=7)},
                '{accounts="1 account"} 7',
                id="on the legacy platform",
            ),
            pytest.param(
                {**polled("a"), **by_account(NET, a=0)}, '{accounts="1 account"} 0', id="0"
            ),
        ],
    )
    def test_says_how_many_accounts_it_covers(
        self, tmp_path: Path, series: Series, total: str
    ) -> None:
        organization(tmp_path, "overview", "Spent this month", series, total)

    @pytest.mark.parametrize("series", [BOTH, LEGACY, {}], ids=["unread", "legacy", "nothing"])
    def test_of_no_account_is_no_number(self, tmp_path: Path, series: Series) -> None:
        organization(tmp_path, "overview", "Spent this month", series)

    def test_of_seats_does_so_too(self, tmp_path: Path) -> None:
        seats = polled("a", 0, "copilot_seats"), polled("b", 1, "copilot_seats")
        series = {**seats[0], **seats[1], of("b", "github_billing_copilot_seats"): 12}
        organization(tmp_path, "seats", "Copilot seats", series, '{accounts="1 of 2 accounts"} 12')

    def test_is_compared_over_the_accounts_that_have_both(self, tmp_path: Path) -> None:
        series = {**BOTH, **by_account(FORECAST, a=15), **by_account(LAST, a=10, b=90)}
        changed = '{accounts="1 of 2 accounts"} 0.5'
        organization(tmp_path, "costs", "Against last month", series, changed)

    @pytest.mark.parametrize(("missing", "line"), [((), 0), (("b",), 1)], ids=["whole", "partial"])
    def test_over_time_has_another_line_while_an_account_is_missing(
        self, tmp_path: Path, missing: tuple[str, ...], line: int
    ) -> None:
        bills = {name: value for name, value in {"a": 7, "b": 5}.items() if name not in missing}
        series = {**BOTH, **by_account(NET, **bills)}
        for query in (0, 1):
            drawn = (f"{{}} {sum(bills.values())}",) if query == line else ()
            shown(
                tmp_path, "overview", "Spend and forecast this month", series, *drawn,
                query=query, account_type="organization",
            )  # fmt: skip

    def test_missing_accounts_are_counted(self, tmp_path: Path) -> None:
        title, series = "Unread accounts", {**BOTH, **LEGACY, **by_account(NET, a=7)}
        organization(tmp_path, "accounts", title, series, "{} 1")
        organization(tmp_path, "accounts", title, {**BOTH, **BILLS}, "{} 0")


class TestAQuota:
    TITLE = "Quota used up?"

    @pytest.mark.parametrize(
        ("spent", "answer"),
        [({"a": 0, "b": 0}, 0), ({"a": 0, "b": 1}, 1), ({"a": 0}, -1), ({"a": 1}, 1)],
        ids=["no", "yes", "unknown", "yes, whatever the other is"],
    )
    def test_is_not_used_up_only_if_every_account_was_read(
        self, tmp_path: Path, spent: dict[str, float], answer: int
    ) -> None:
        series = {of(name, f"{QUOTA}:spent", quota="q"): value for name, value in spent.items()}
        organization(
            tmp_path, "overview", self.TITLE, {**BOTH, **series}, f'{{quota="q"}} {answer}'
        )

    def test_ends_at_its_rate(self, tmp_path: Path) -> None:
        """Ten days in, half is used: at this rate it lasts for ten of the other twenty."""
        series: Series = {
            of("a", f"{QUOTA}:forecast_ratio", quota="q"): 1.5,
            of("a", "account:github_billing_cycle_elapsed:ratio"): 1 / 3,
            of("a", "github_billing_cycle_remaining_days"): 20,
        }
        labels = '{account_type="organization", account="a", quota="q"}'
        for query, value in ((0, 0.5), (1, 1.5), (2, 10)):
            shown(
                tmp_path, "overview", "How much is left of each quota?", series,
                f"{labels} {value}", query=query, account_type="organization",
            )  # fmt: skip


class TestBudgets:
    def test_are_named_by_entity_and_target(self, tmp_path: Path) -> None:
        info, ratio = (
            "github_billing_budget_info",
            "account_budget:github_billing_budget:used_ratio",
        )
        facts = {"scope": "repository", "entity": "a/web", "target": "actions"}
        series: Series = {
            of("a", info, budget="1", hard="true", **facts): 1,
            # Another exporter has read it before it changed.
            of("a", info, budget="1", hard="false", **facts): 1,
            of("a", info, budget="2", scope="account"): 1,
            of("a", ratio, budget="1"): 0.9,
            of("a", ratio, budget="2"): 0.8,
        }
        name = 'account_type="organization", account="a", budget="1", name="a/web: actions"'
        organization(tmp_path, "overview", "Most used budget", series, f"{{{name}}} 0.9")

    def test_say_if_those_of_an_account_were_not_read(self, tmp_path: Path) -> None:
        info, ratio = (
            "github_billing_budget_info",
            "account_budget:github_billing_budget:used_ratio",
        )
        series: Series = {
            **polled("a", collector="budgets"),
            **polled("b", 0, collector="budgets"),
            of("a", f"{COLLECTOR}_last_success_timestamp_seconds", collector="budgets"): 36000,
            of("a", f"{COLLECTOR}_stale_after_seconds", collector="budgets"): 60,
            of("a", info, budget="1", scope="account"): 1,
            of("a", ratio, budget="1"): 0.9,
        }
        labels = 'account_type="organization", account="a", accounts="1 of 2 accounts", budget="1"'
        named = f'{{{labels}, name="a: all usage, 1 of 2 accounts"}}'
        organization(tmp_path, "overview", "Most used budget", series, f"{named} 0.9")

    @pytest.mark.parametrize(
        ("accounts", "drawn"), [(("a",), ("{} 30",)), (("a", "b"), ())], ids=["all", "one of two"]
    )
    def test_are_a_line_if_every_account_has_one(
        self, tmp_path: Path, accounts: tuple[str, ...], drawn: tuple[str, ...]
    ) -> None:
        limit = "account_budget:github_billing_budget_limit_usd:max"
        series: Series = {
            **by_account(NET, **dict.fromkeys(accounts, 1)),
            of("a", "github_billing_budget_info", budget="1", scope="organization"): 1,
            of("a", "github_billing_budget_info", budget="2", scope="account"): 1,
            of("a", "github_billing_budget_info", budget="3", scope="account", target="x"): 1,
            **{
                of("a", limit, budget=name): usd for name, usd in {"1": 40, "2": 30, "3": 2}.items()
            },
        }
        shown(
            tmp_path, "overview", "Spend and forecast this month", series, *drawn,
            query=5, account_type="organization",
        )  # fmt: skip


class TestDailyBars:
    """A dollar an hour. No sample is just before midnight, so each bar ends at 21:00."""

    TITLE = "Daily spend by product"
    NAME = "account_product:github_billing_usage_net_usd:sum"

    def bars(
        self,
        tmp_path: Path,
        values: str,
        cycle: str,
        of_a_day: dict[int, int],
        after_a_gap: dict[int, int],
    ) -> None:
        product = of("a", self.NAME, product="actions")
        series: Series = {product: values, of("a", NET): values, of("a", CYCLE): cycle}
        parts = (0, '{product="actions"}', of_a_day), (2, "{}", after_a_gap)
        for query, labels, bars in parts:
            shown_at = {
                f"{24 * day}h": (f"{labels} {bars[day]}",) if day in bars else ()
                for day in of_a_day | after_a_gap
            }
            days(
                tmp_path, "costs", self.TITLE, series, shown_at,
                query=query, account_type="organization",
            )  # fmt: skip

    def test_lose_nothing_in_a_gap(self, tmp_path: Path) -> None:
        values = "0+1x60 _x48 109+1x60"
        cycle = "-3600x60 _x48 -3600x60"
        of_a_day, after_a_gap = {2: 24, 3: 15, 6: 24}, {5: 57}
        self.bars(tmp_path, values, cycle, of_a_day, after_a_gap)
        assert sum((of_a_day | after_a_gap).values()) == 141 - 21

    def test_begin_anew_with_the_month(self, tmp_path: Path) -> None:
        self.bars(tmp_path, "0+1x72 1+1x60", "-9x72 259200x60", {2: 24, 3: 24, 4: 21, 5: 24}, {})


class TestToday:
    """A dollar an hour; a month begins after 400 hours."""

    TITLE = "Is today unusual?"
    TURN = 400

    def lines(self, tmp_path: Path, read: int, expected: dict[int, str], query: int) -> None:
        success = f"{COLLECTOR}_last_success_timestamp_seconds"
        series: Series = {
            of("a", NET): f"0+1x{self.TURN - 1} 0+1x400",
            of("a", LAST): f"999x{self.TURN - 1} {self.TURN}x400",
            of("a", CYCLE): f"0x{self.TURN - 1} {self.TURN * 3600}x400",
            of("a", success, collector="usage_previous_cycle"): f"{read}x900",
        }
        shown_at = {f"{hour}h": (line,) if line else () for hour, line in expected.items()}
        days(
            tmp_path, "costs", self.TITLE, series, shown_at,
            query=query, account_type="organization",
        )  # fmt: skip

    def test_goes_on_over_the_turn_of_a_month(self, tmp_path: Path) -> None:
        same = dict.fromkeys((390, 401, 412, 424, 500), "{} 24")
        self.lines(tmp_path, self.TURN * 3600, same, query=0)
        self.lines(tmp_path, self.TURN * 3600, same, query=1)

    def test_waits_for_the_bill_of_the_month_that_ended(self, tmp_path: Path) -> None:
        self.lines(tmp_path, 0, {390: "{} 24", 401: "", 424: "{} 24"}, query=0)


class TestMovers:
    TITLE = "Which SKU changed most this week?"

    def week(self, tmp_path: Path, now: str, before: float, cycle: str, expected: float) -> None:
        labels = {"product": "actions", "sku": "a"}
        series: Series = {
            of("a", "github_billing_usage_net_usd", **labels): now,
            of("a", "github_billing_previous_cycle_usage_net_usd", **labels): f"{before}x500",
            of("a", CYCLE): cycle,
        }
        for query in (0, 1):
            shown(
                tmp_path, "costs", self.TITLE, series,
                f'{{product="actions", sku="a"}} {abs(expected) if query == 0 else expected}',
                query=query, at="336h", account_type="organization",
            )  # fmt: skip

    def test_need_an_account_that_could_be_read(self, tmp_path: Path) -> None:
        labels = {"product": "actions", "sku": "a"}
        bill = of("b", "github_billing_usage_net_usd", **labels)
        series: Series = {bill: "0+1x300 _x200", of("b", CYCLE): "0x500"}
        shown(tmp_path, "costs", self.TITLE, series, at="336h", account_type="organization")

    def test_are_the_week_less_the_week_before(self, tmp_path: Path) -> None:
        self.week(tmp_path, "0+1x168 170+2x200", 999, "0x500", 168)
        self.week(tmp_path, "0+2x168 337+1x200", 999, "0x500", -168)

    @pytest.mark.parametrize("turn", [100, 250], ids=["in the week before", "in this week"])
    def test_go_on_over_the_turn_of_a_month(self, tmp_path: Path, turn: int) -> None:
        """A dollar an hour, then two."""
        spent = [min(hour, 168) + 2 * max(hour - 168, 0) for hour in range(400)]
        values = " ".join(
            str(usd if hour < turn else usd - spent[turn]) for hour, usd in enumerate(spent)
        )
        self.week(tmp_path, values, spent[turn], f"0x{turn - 1} 5x300", 168)


class TestCostCenters:
    def test_change_from_the_same_day_of_last_month(self, tmp_path: Path) -> None:
        spent = of(
            "a", "github_billing_cost_center_usage_net_usd", cost_center="7", product="p", sku="s"
        )
        # A dollar an hour until the month ends, then two.
        series: Series = {spent: "0+1x743 0+2x400"}
        days(
            tmp_path, "costs", "What is charged to each cost center?", series,
            {"984h": ('{name="7"} 240',), "700h": ()}, query=4, account_type="organization",
        )  # fmt: skip


class TestIdleSeats:
    def test_cost_what_github_names(self, tmp_path: Path) -> None:
        price = "github_billing_usage_price_usd"
        series: Series = {
            of("a", "github_billing_copilot_inactive_seats"): 3,
            of("a", price, product="copilot", sku="copilot_for_business", unit="user_months"): 19,
            of("a", price, product="copilot", sku="copilot_enterprise", unit="user_months"): 39,
            of("a", "github_billing_plan_purchased_seats"): 9,
            of("a", "github_billing_plan_filled_seats"): 1,
        }
        labels = '{account_type="organization", account="a", product="copilot"}'
        for query, value in ((0, 3), (1, 19), (2, 57)):
            shown(
                tmp_path, "seats", "What do idle seats cost?", series, f"{labels} {value}",
                query=query, account_type="organization",
            )  # fmt: skip


class TestLinks:
    @pytest.mark.parametrize(
        ("kind", "page"),
        [
            ("organization", "organizations/a/billing/usage"),
            ("enterprise", "enterprises/a/billing/usage"),
            ("user", "settings/billing/usage"),
        ],
    )
    def test_lead_to_accounts_on_github_com(self, tmp_path: Path, kind: str, page: str) -> None:
        info = "github_billing_account_info"
        series: Series = {
            of("a", info, account_type=kind, host="api.github.com"): 1,
            of("b", info, account_type=kind, host="ghe.example.com"): 1,
        }
        labels = f'account_type="{kind}", account="a", page="{page}"'
        shown(
            tmp_path, "accounts", "What does each account cost?", series, f"{{{labels}}} 1",
            query=9, account_type=kind,
        )  # fmt: skip
