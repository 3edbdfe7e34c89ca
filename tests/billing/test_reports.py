"""Rows of the usage report have exact sums by name, in any order and batch size."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.billing import reports, skus
from exporter.billing.reports import Names, Report, ReportFold, ReportRow, Total
from exporter.billing.sums import Sums
from tests.support.report_rows import AMOUNTS, report_row
from tests.support.report_rows import reports as any_reports

EVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def folded(
    *portions: Sequence[ReportRow],
    owner: str = "",
    repositories: bool = True,
    rows: int = 1000,
    names: int = 1000,
) -> Report:
    fold = ReportFold(owner, EVER[0], EVER[1], repositories=repositories, rows=rows, names=names)
    for portion in portions:
        fold.add(portion)
    return fold.result()


def total(*parts: Report) -> Total:
    whole = Total()
    for part in parts:
        whole.add(part)
    return whole


def only(report: Report) -> tuple[Names, Sums]:
    ((names, sums),) = report.sums.items()
    return names, sums


class TestSums:
    @given(any_reports)
    def test_are_those_of_the_rows_by_normal_names(self, rows: list[ReportRow]) -> None:
        expected: dict[Names, list[ReportRow]] = {}
        for row in rows:
            names = Names(
                "acme",
                (row.repository_name or "").removeprefix("acme/"),
                skus.product_name(row.product),
                skus.sku_name(row.sku),
                skus.unit_name(row.unit_type),
            )
            expected.setdefault(names, []).append(row)
        assert folded(rows).sums == {
            names: tuple(fsum(getattr(row, name) for row in same) for name in AMOUNTS)
            for names, same in expected.items()
        }

    @given(any_reports, st.data())
    def test_are_the_same_in_any_order_and_portions(
        self, rows: list[ReportRow], data: st.DataObject
    ) -> None:
        shuffled = data.draw(st.permutations(rows))
        size = data.draw(st.integers(1, 5))
        portions = [shuffled[at : at + size] for at in range(0, len(rows), size)]
        kept = data.draw(st.integers(0, 9))
        assert folded(*portions, rows=kept) == folded(rows)

    @given(
        st.lists(st.floats(-1e15, 1e15), min_size=1, max_size=9),
        st.integers(1, 300),
        st.floats(-1e15, 1e15),
    )
    def test_are_exact_over_many_rows(self, amounts: list[float], times: int, last: float) -> None:
        values = [*amounts * times, last, *(-amount for amount in amounts * times)]
        rows = [report_row(quantity=value, net_amount=-value) for value in values]
        _, sums = only(folded(*([row] for row in rows), rows=50))
        assert sums == Sums(last, 0.0, 0.0, -last)

    def test_keep_the_sign_of_corrections(self) -> None:
        _, sums = only(folded([report_row(gross_amount=2.0), report_row(gross_amount=-5.0)]))
        assert sums.gross == -3.0

    def test_of_no_rows_are_none(self) -> None:
        assert folded([]) == Report({}, None)


class TestTheOwner:
    @pytest.mark.parametrize(
        ("organization", "repository", "expected"),
        [
            ("acme", "web", ("acme", "web")),
            ("acme", "acme/web", ("acme", "web")),
            ("", "mona/web", ("mona", "web")),
            ("", "web", ("owner", "web")),
            ("acme", "", ("acme", "")),
            ("", "", ("owner", "")),
            (None, "mona/web", ("mona", "web")),
            ("acme", None, ("acme", "")),
            (None, None, ("owner", "")),
        ],
    )
    def test_is_named_by_the_row_else_by_the_account(
        self, organization: str | None, repository: str | None, expected: tuple[str, str]
    ) -> None:
        row = report_row(organization_name=organization, repository_name=repository)
        names, _ = only(folded([row], owner="owner"))
        assert names[:2] == expected


class TestTheNewestRow:
    @pytest.mark.parametrize(
        ("dates", "newest"),
        [
            (["2026-10-05T23:59:59Z", "2026-10-06T00:00:00Z"], "2026-10-06T00:00:00+00:00"),
            (["2026-10-06T02:00:00Z", "2026-10-05T23:00:00-05:00"], "2026-10-06T04:00:00+00:00"),
            (["2026-10-06T02:00:00Z", "2026-10-06T03:00:00+02:00"], "2026-10-06T02:00:00+00:00"),
            (["2026-10-06", "2026-10-05T23:59:59Z"], "2026-10-06T00:00:00+00:00"),
            (["2026-10-06T02:00:00.5Z", "2026-10-06T02:00:00Z"], "2026-10-06T02:00:00.5+00:00"),
        ],
    )
    def test_is_found_whatever_the_spelling(self, dates: list[str], newest: str) -> None:
        rows = [report_row(date=date) for date in dates]
        expected = datetime.fromisoformat(newest)
        for portions in ([rows], [rows[:1], rows[1:]], [rows[1:], rows[:1]]):
            assert folded(*portions).latest == expected

    @given(st.lists(st.datetimes(timezones=st.timezones()), min_size=1, max_size=9))
    def test_is_the_newest_of_all(self, moments: list[datetime]) -> None:
        rows = [report_row(date=moment.isoformat()) for moment in moments]
        assert folded(rows).latest == max(
            datetime.fromisoformat(moment.isoformat()) for moment in moments
        )

    @pytest.mark.parametrize("date", ["", "yesterday", "tomorrow at about six"])
    def test_is_not_made_up(self, date: str) -> None:
        with pytest.raises(ValueError, match="date is not a date"):
            folded([report_row(date=date)])


class TestDistinctNames:
    def test_are_bounded(self) -> None:
        rows = [report_row(repository_name=name) for name in ("a", "b", "c", "a", "b", "c")]
        assert len(folded(rows, names=3).sums) == 3
        with pytest.raises(ValueError, match="distinct names"):
            folded(rows[:2], rows[2:], names=2)

    def test_are_few_without_repositories(self) -> None:
        rows = [
            report_row(repository_name="a", quantity=1.0),
            report_row(repository_name="b", quantity=2.0),
            report_row(organization_name=None, repository_name="acme/c", quantity=4.0),
            report_row(organization_name="", repository_name="beta/d", quantity=8.0),
        ]
        found = folded(rows, repositories=False, names=3).sums
        assert {names[:2]: sums.quantity for names, sums in found.items()} == {
            ("acme", ""): 7.0,
            ("beta", ""): 8.0,
        }

    def test_are_bounded_in_their_text(self) -> None:
        rows = [report_row(repository_name=f"{n}" + "x" * 2**20) for n in range(33)]
        with pytest.raises(ValueError, match="distinct names"):
            folded(rows)


class TestPartsOfABill:
    WEB = Names("acme", "web", "actions", "actions_linux", "minutes")
    IOS = Names("acme", "ios", "actions", "actions_linux", "minutes")

    def test_are_added_up_by_any_names(self) -> None:
        parts = total(
            Report({self.WEB: Sums(1, 2, 3, 4), self.IOS: Sums(10, 20, 30, 40)}, None),
            Report({self.WEB: Sums(100, 200, 300, 400)}, None),
        )
        assert reports.sum_by(parts, lambda names: names.repository) == {
            "web": (101, 202, 303, 404),
            "ios": (10, 20, 30, 40),
        }
        assert reports.sum_by(parts, lambda names: names.sku) == {
            "actions_linux": (111, 222, 333, 444)
        }

    def test_reach_as_far_as_the_farthest(self) -> None:
        early, late = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 2, tzinfo=UTC)
        assert total(Report({}, late), Report({}, None), Report({}, early)).latest == late
        assert total(Report({}, None)).latest is None

    def test_tell_the_skus_that_github_does_not_publish(self) -> None:
        strange = report_row(sku="Actions Toaster")
        assert reports.unknown_skus(total(folded([strange, report_row()]))) == {
            ("actions", "actions_toaster")
        }
