"""The board Months over years of bills, in a real Prometheus 2 and 3."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from math import fsum
from pathlib import Path
from typing import Any

import pytest

from tests.support.bills import (
    LINUX,
    MACOS,
    MODELS,
    NOW,
    OTHERS,
    STARTS,
    UNKNOWN,
    Sku,
    before,
    bill,
    billed,
    end_of,
    month_to_date,
    price,
)
from tests.support.dashboards import filled, panels
from tests.support.programs import Version, fetch

Table = dict[tuple[str, str], float]

DAY = timedelta(days=1)
CENT = 0.005
LAST = datetime(2025, 6, 1, tzinfo=UTC)
"""The last closed month at `NOW`."""

CLOSED = [month for month in STARTS if before(LAST, 2) < month <= LAST]
"""The 24 months that the board shows at `NOW`."""

DATES = [
    datetime(2025, 7, 1, 12, tzinfo=UTC),
    datetime(2025, 7, 15, 12, tzinfo=UTC),
    datetime(2025, 7, 16, 0, tzinfo=UTC),
    NOW,
    datetime(2025, 3, 1, 12, tzinfo=UTC),
    datetime(2025, 3, 31, 12, tzinfo=UTC),
    datetime(2025, 2, 28, 12, tzinfo=UTC),
    datetime(2024, 12, 31, 12, tzinfo=UTC),
    datetime(2025, 1, 1, 12, tzinfo=UTC),
    datetime(2025, 1, 31, 21, tzinfo=UTC),
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bills") / "data"


@pytest.fixture(scope="module", params=["oldest", "newest"])
def url(data: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    version: Version = request.param
    with billed(data, version) as base_url:
        yield base_url


def panel(title: str) -> dict[str, Any]:
    (found,) = (each for each in panels("months") if each["title"].startswith(title))
    return found


def expressions(title: str, account: str = ".*") -> dict[str, str]:
    """Return the panel's expressions by the letter of the query."""
    return {
        target["refId"]: filled(target["expr"].replace('$account"', f'{account}"'), "organization")
        for target in panel(title)["targets"]
    }


def bars(url: str, start: datetime, end: datetime, step: timedelta, account: str = ".*") -> Table:
    """Return the dollars by month (2025-06) and product, which are the same on all days."""
    found: dict[tuple[str, str], set[float]] = {}
    for expr in expressions("Net dollars of closed months", account).values():
        span = {"start": start.timestamp(), "end": end.timestamp(), "step": step.total_seconds()}
        answer = fetch(f"{url}/api/v1/query_range", params={"query": expr, **span})
        assert answer.status_code == 200, answer.text
        for series in answer.json()["data"]["result"]:
            for at, value in series["values"]:
                month = datetime.fromtimestamp(at, UTC).strftime("%Y-%m")
                key = month, series["metric"].get("product", "other")
                found.setdefault(key, set()).add(float(value))
    assert all(len(values) == 1 for values in found.values())
    return {key: values.pop() for key, values in found.items()}


def table(url: str, expr: str, at: datetime) -> Table:
    """Return the values of an instant query by product and SKU."""
    answer = fetch(f"{url}/api/v1/query", params={"query": expr, "time": at.timestamp()})
    assert answer.status_code == 200, answer.text
    result = answer.json()["data"]["result"]
    return {
        (each["metric"].get("product", ""), each["metric"].get("sku", "")): float(each["value"][1])
        for each in result
    }


def summed(rows: Mapping[Sku, float]) -> Table:
    """Sum over the accounts."""
    found: dict[tuple[str, str], list[float]] = {}
    for (_, product, sku), net in rows.items():
        found.setdefault((product, sku), []).append(net)
    return {key: fsum(values) for key, values in found.items()}


def summaries(months: list[datetime], account: str = "") -> Table:
    """Return the bills by month and product; products without a color are ``other``."""
    found: dict[tuple[str, str], list[float]] = {}
    for month in months:
        for (of, product, _), net in bill(month).items():
            if (of, month) != UNKNOWN and account in {"", of}:
                shown = "other" if product in {"models", "git_lfs"} else product
                found.setdefault((f"{month:%Y-%m}", shown), []).append(net)
    return {key: fsum(values) for key, values in found.items()}


def month_of(at: datetime) -> datetime:
    return at.replace(day=1, hour=0, minute=0)


def the_same_day(month: datetime, at: datetime) -> datetime:
    last_day = end_of(month) - DAY
    return min(month + (at - month_of(at)), last_day.replace(hour=at.hour))


class TestMonths:
    @pytest.mark.parametrize(
        ("offset", "step"),
        [
            (timedelta(), DAY),
            (timedelta(hours=-5.5), DAY),  # midnight in Kolkata
            (timedelta(hours=8), DAY),  # midnight in Los Angeles
            (timedelta(), timedelta(hours=12)),
            (timedelta(), 7 * DAY),
        ],
        ids=["daily", "daily in Kolkata", "daily in Los Angeles", "half a day", "weekly"],
    )
    def test_are_the_24_summaries_to_the_cent(
        self, url: str, offset: timedelta, step: timedelta
    ) -> None:
        start = CLOSED[0] + offset
        shown = bars(url, start, NOW, step)
        assert len({month for month, _ in shown}) == 24
        assert shown == pytest.approx(summaries(CLOSED), abs=CENT)

    @pytest.mark.parametrize(
        ("now", "last"),
        [
            (datetime(2025, 6, 1, 0, 5, tzinfo=UTC), 0.95),  # without late usage
            (datetime(2025, 6, 2, 0, 5, tzinfo=UTC), 1),
            (datetime(2025, 6, 30, 22, 45, tzinfo=UTC), 1),
        ],
        ids=str,
    )
    def test_are_closed_from_the_first_minutes_of_the_next(
        self, tmp_path: Path, now: datetime, last: float
    ) -> None:
        may = datetime(2025, 5, 1, tzinfo=UTC)
        with billed(tmp_path / "data", "newest", since=before(may), until=now) as url:
            shown = bars(url, before(before(may)), now, DAY)
        expected = summaries([before(before(may)), before(may)])
        expected |= {key: net * last for key, net in summaries([may]).items()}
        assert shown == pytest.approx(expected, abs=CENT)

    def test_have_a_gap_for_an_unknown_month(self, url: str) -> None:
        shown = bars(url, CLOSED[0], NOW, DAY, account=UNKNOWN[0])
        assert len(shown) == 23
        assert shown == pytest.approx(summaries(CLOSED, UNKNOWN[0]), abs=CENT)

    def test_show_24_whatever_the_range_of_the_board(self) -> None:
        shown = panel("Net dollars of closed months")
        assert (shown["timeFrom"], shown["interval"]) == ("24M/M", "1d")


class TestTheLastMonth:
    @pytest.mark.parametrize("now", DATES, ids=str)
    def test_is_compared_with_the_month_and_the_year_before(self, url: str, now: datetime) -> None:
        month = before(month_of(now))
        compared(
            url, "Last month, and", now, bill(month), bill(before(month)), bill(before(month, 1))
        )

    def test_leaves_out_of_the_change_an_account_without_the_month_before(self, url: str) -> None:
        asked = expressions("Last month, and")
        now = datetime(2024, 10, 20, 12, tzinfo=UTC)  # September against August
        month = before(month_of(now))
        changes = table(url, asked["C"], now)
        both = {sku: net for sku, net in bill(month).items() if sku != OTHERS}
        assert changes == pytest.approx(
            {key: net - summed(bill(before(month)))[key] for key, net in summed(both).items()}
            | {LINUX[1:]: bill(month)[LINUX] - bill(before(month))[LINUX]},
            abs=CENT,
        )

    @pytest.mark.parametrize(
        ("title", "then"),
        [
            ("Last month vs. previous", before(LAST)),
            ("Last month vs. a year ago", before(LAST, 1)),
        ],
    )
    def test_is_a_ratio_of_sums(self, url: str, title: str, then: datetime) -> None:
        shown = table(url, expressions(title)["A"], NOW)[("", "")]
        assert shown == pytest.approx(fsum(bill(LAST).values()) / fsum(bill(then).values()) - 1)


class TestThisMonth:
    @pytest.mark.parametrize("now", DATES, ids=str)
    def test_is_compared_until_the_same_day(self, url: str, now: datetime) -> None:
        month = month_of(now)
        then, year_ago = the_same_day(before(month), now), the_same_day(before(month, 1), now)
        compared(
            url,
            "This month so far",
            now,
            month_to_date(month, now),
            month_to_date(before(month), then),
            month_to_date(before(month, 1), year_ago),
        )


def compared(url: str, title: str, at: datetime, *amounts: Mapping[Sku, float]) -> None:
    """Assert the columns of a table: an amount, and two others with difference and share."""
    asked = expressions(title)
    now, *others = map(summed, amounts)
    zeros = dict.fromkeys((*others[0], *others[1]), 0.0)
    assert table(url, asked["A"], at) == pytest.approx(zeros | now, abs=CENT)
    for letters, then in zip(("BCD", "EFG"), others, strict=True):
        changes = {key: now.get(key, 0.0) - then.get(key, 0.0) for key in now | then}
        shares = {key: changes[key] / net for key, net in then.items()}
        for letter, expected in zip(letters, (then, changes, shares), strict=True):
            shown = table(url, asked[letter], at)
            assert shown == pytest.approx(expected, abs=CENT), letter


class TestMovers:
    def test_are_what_grew_and_what_fell(self, url: str) -> None:
        now, then = summed(bill(LAST)), summed(bill(before(LAST)))
        changes = {key: now.get(key, 0.0) - then.get(key, 0.0) for key in now | then}
        for title, sign in (("What grew most?", 1), ("What fell most?", -1)):
            asked = expressions(title)
            expected = {key: each for key, each in changes.items() if each * sign > CENT}
            assert expected
            assert table(url, asked["A"], NOW) == pytest.approx(expected, abs=CENT)
            shares = {key: change / then[key] for key, change in expected.items() if key in then}
            assert table(url, asked["B"], NOW) == pytest.approx(shares, abs=0.001)

    def test_are_new_without_a_share_and_gone_with_all_of_it(self, url: str) -> None:
        assert MODELS[1:] not in table(url, expressions("What grew most?")["B"], NOW)
        gone = table(url, expressions("What fell most?")["B"], NOW)
        assert gone[MACOS[1:]] == pytest.approx(-1, abs=0.001)


class TestPrices:
    @pytest.mark.parametrize(
        ("now", "changed"),
        [(NOW, [LINUX]), (datetime(2025, 6, 10, 12, tzinfo=UTC), [LINUX, MACOS])],
    )
    def test_that_changed_are_beside_each_other(
        self, url: str, now: datetime, changed: list[Sku]
    ) -> None:
        month = before(month_of(now))
        used = bill(month_of(now))
        asked = expressions("Which prices changed?")
        shown = {letter: table(url, expr, now) for letter, expr in asked.items()}
        assert shown == {
            "A": {sku[1:]: price(sku, month) for sku in changed},
            "B": {sku[1:]: price(sku, month_of(now)) for sku in changed if sku in used},
            "C": {sku[1:]: price(sku, before(month)) for sku in changed},
            "D": {sku[1:]: price(sku, before(month, 1)) for sku in changed},
        }
