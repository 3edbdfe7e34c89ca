"""The series limit folds whole repositories, smallest first, and keeps the total."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import fsum, inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.metrics import catalogue
from exporter.metrics.model import Metric, Reading, Sample
from exporter.metrics.series_limit import OTHER, limited

NOW = datetime(2026, 10, 12, tzinfo=UTC)
END = datetime(2026, 11, 1, tzinfo=UTC)
GROSS = catalogue.REPOSITORY_USAGE_USD.gross
QUANTITY = catalogue.REPOSITORY_USAGE_GROSS_QUANTITY
COMMITTERS = catalogue.ADVANCED_SECURITY_REPOSITORY_COMMITTERS
Pair = tuple[str, ...]
Bill = dict[tuple[str, str, str], float]


def reading(gross: Bill, end: datetime | None = END) -> Reading:
    """Return a reading of gross dollars by organization, repository and SKU."""
    samples: list[Sample] = [catalogue.USAGE_LATEST_ITEM(1.0)]
    for (organization, repository, sku), dollars in gross.items():
        labels = {"organization": organization, "repository": repository, "sku": sku}
        samples += (
            GROSS(dollars, product="actions", **labels),
            QUANTITY(1.0, product="actions", unit="minutes", **labels),
        )
    return Reading(taken=NOW, samples=tuple(samples), cycle_end=end)


def by_pair(found: Reading, metric: object = GROSS) -> dict[Pair, float]:
    sums: dict[Pair, list[float]] = {}
    for sample in found.samples:
        if sample.metric is metric:
            labels = dict(zip(sample.metric.labels, sample.labels, strict=True))
            sums.setdefault((labels["organization"], labels["repository"]), []).append(sample.value)
    return {pair: fsum(values) for pair, values in sums.items()}


def series(found: Reading) -> Counter[str]:
    return Counter(sample.metric.name for sample in found.samples)


names = st.sampled_from("abcdefgh")
skus = st.sampled_from(["actions_linux", "actions_windows", "actions_macos"])
bills = st.dictionaries(
    st.tuples(st.sampled_from(["acme", "beta", "corp"]), names, skus),
    st.integers(-1000, 1000).map(float),
    max_size=40,
)


class TestEveryReading:
    @given(bills, bills, st.integers(3, 30))
    def test_keeps_the_limit_and_the_sums(self, before: Bill, bill: Bill, limit: int) -> None:
        whole = reading(bill)
        found = limited(whole, limited(reading(before), None, limit), limit)
        assert all(count <= limit for count in series(found).values())
        for metric in (GROSS, QUANTITY):
            assert fsum(by_pair(found, metric).values()) == fsum(by_pair(whole, metric).values())

    @given(bills, st.integers(3, 30))
    def test_says_of_a_repository_that_is_shown_what_was_said(self, bill: Bill, limit: int) -> None:
        whole = reading(bill)
        found = limited(whole, None, limit)
        assert {pair for pair in by_pair(found) if pair[1] != OTHER} == found.shown
        assert {pair: dollars for pair, dollars in by_pair(found).items() if pair[1] != OTHER} == {
            pair: by_pair(whole)[pair] for pair in found.shown
        }
        assert found.folded == len(by_pair(whole)) - len(found.shown)

    @given(bills, st.integers(3, 30))
    def test_folds_none_that_is_larger_than_one_shown(self, bill: Bill, limit: int) -> None:
        whole = reading(bill)
        found = limited(whole, None, limit)
        sizes = by_pair(whole)
        folded = [(sizes[pair], pair) for pair in sizes if pair not in found.shown]
        shown = [(sizes[pair], pair) for pair in found.shown]
        assert max(folded, default=(-inf, ("", ""))) < min(shown, default=(inf, ("", "")))

    @given(bills, bills, st.integers(3, 30))
    def test_that_fits_stays_as_it_is(self, before: Bill, bill: Bill, limit: int) -> None:
        whole = reading(bill)
        found = limited(whole, reading(before), max(limit, len(bill)))
        assert found.samples == whole.samples
        assert found.folded == 0


class TestTheRestOfAnOrganization:
    def test_stands_in_a_repository_of_its_own(self) -> None:
        bill = {
            ("acme", "big", "actions_linux"): 50.0,
            ("acme", "small", "actions_linux"): 2.0,
            ("acme", "tiny", "actions_linux"): 1.0,
            ("beta", "only", "actions_linux"): 40.0,
        }
        assert by_pair(limited(reading(bill), None, 3)) == {
            ("acme", "big"): 50.0,
            ("acme", OTHER): 3.0,
            ("beta", "only"): 40.0,
        }

    def test_goes_by_name_where_two_are_equal(self) -> None:
        bill = {("acme", name, "actions_linux"): 1.0 for name in ("b", "a", "d", "c")}
        assert limited(reading(bill), None, 3).shown == {("acme", "c"), ("acme", "d")}

    def test_is_folded_too_where_organizations_are_too_many(self) -> None:
        bill = {(f"org-{n}", "r", "actions_linux"): float(n) for n in range(9)}
        found = by_pair(limited(reading(bill), None, 3))
        assert found == {(OTHER, OTHER): 21.0, ("org-7", OTHER): 7.0, ("org-8", OTHER): 8.0}


BILL = {
    ("acme", "a", "actions_linux"): 3.0,
    ("acme", "b", "actions_linux"): 2.0,
    ("acme", "c", "actions_linux"): 1.0,
}
GROWN = {**BILL, ("acme", "a", "actions_linux"): 0.5, ("acme", "c", "actions_linux"): 9.0}


class TestARepositoryOnceShown:
    def test_stays_until_the_end_of_its_cycle(self) -> None:
        before = limited(reading(BILL), None, 2)
        assert before.shown == {("acme", "a")}
        assert limited(reading(GROWN), before, 2).shown == {("acme", "a")}

    def test_makes_way_for_a_larger_one_in_the_next_cycle(self) -> None:
        before = limited(reading(BILL), None, 2)
        later = reading(GROWN, END + timedelta(days=30))
        assert limited(later, before, 2).shown == {("acme", "c")}

    def test_makes_way_where_nothing_else_can(self) -> None:
        before = limited(reading(BILL), None, 4)
        assert len(before.shown) == 3
        found = limited(
            reading(
                BILL | {("acme", "a", "actions_macos"): 1.0, ("acme", "d", "actions_linux"): 9.0}
            ),
            before,
            4,
        )
        assert by_pair(found) == {("acme", "a"): 4.0, ("acme", "b"): 2.0, ("acme", OTHER): 10.0}


class TestARepositoryThatIsNamedAsTheRest:
    def test_is_summed_with_it(self) -> None:
        bill = {
            ("acme", OTHER, "actions_linux"): 7.0,
            ("acme", "big", "actions_linux"): 50.0,
            ("acme", "small", "actions_linux"): 2.0,
            ("acme", "tiny", "actions_linux"): 1.0,
        }
        assert by_pair(limited(reading(bill), None, 2)) == {
            ("acme", "big"): 50.0,
            ("acme", OTHER): 10.0,
        }

    def test_keeps_the_sum_in_an_organization_of_that_name_too(self) -> None:
        bill: Bill = {
            (OTHER, "web", "actions_linux"): 1.0,
            (OTHER, "api", "actions_linux"): 2.0,
            ("acme", "ios", "actions_linux"): 4.0,
        }
        assert by_pair(limited(reading(bill), None, 1)) == {(OTHER, OTHER): 7.0}


class TestCommitters:
    def test_are_left_out_rather_than_summed(self) -> None:
        samples = tuple(
            COMMITTERS(count, product="code_security", organization="acme", repository=name)
            for name, count in (("a", 5), ("b", 3), ("c", 3), ("d", 1))
        )
        found = limited(Reading(taken=NOW, samples=samples), None, 2)
        assert by_pair(found, COMMITTERS) == {("acme", "a"): 5.0, ("acme", "c"): 3.0}
        assert found.folded == 2


WORKFLOW = catalogue.WORKFLOW_USAGE_GROSS_USD
MINUTES = catalogue.WORKFLOW_USAGE_GROSS_QUANTITY
Workflows = dict[tuple[str, str, str, str], float]


def workflows(gross: Workflows, end: datetime | None = END) -> Reading:
    """Return a reading of gross dollars by organization, repository, workflow and SKU."""
    samples: list[Sample] = []
    for (organization, repository, workflow, sku), dollars in gross.items():
        labels = {"organization": organization, "repository": repository}
        samples += (
            WORKFLOW(dollars, workflow=workflow, sku=sku, **labels),
            MINUTES(1.0, workflow=workflow, sku=sku, unit="minutes", **labels),
        )
    return Reading(taken=NOW, samples=tuple(samples), cycle_end=end)


def by_path(found: Reading, metric: Metric = WORKFLOW) -> dict[Pair, float]:
    sums: dict[Pair, list[float]] = {}
    for sample in found.samples:
        if sample.metric is metric:
            sums.setdefault(sample.labels[:3], []).append(sample.value)
    return {path: fsum(values) for path, values in sums.items()}


many = st.dictionaries(
    st.tuples(st.sampled_from(["acme", "beta"]), st.sampled_from("abc"), names, skus),
    st.integers(0, 1000).map(float),
    max_size=60,
)


class TestWorkflows:
    @given(many, many, st.integers(3, 40))
    def test_keep_the_limit_and_the_sums(
        self, before: Workflows, bill: Workflows, limit: int
    ) -> None:
        whole = workflows(bill)
        found = limited(whole, limited(workflows(before), None, limit), limit)
        assert all(count <= limit for count in series(found).values())
        for metric in (WORKFLOW, MINUTES):
            assert fsum(by_path(found, metric).values()) == fsum(by_path(whole, metric).values())

    @given(many, st.integers(3, 40))
    def test_are_folded_smallest_first_and_the_dearest_kept(
        self, bill: Workflows, limit: int
    ) -> None:
        whole = workflows(bill)
        found = limited(whole, None, limit)
        sizes = by_path(whole)
        folded = [(sizes[path], path) for path in sizes if path not in found.shown]
        shown = [(sizes[path], path) for path in found.shown]
        assert max(folded, default=(-inf, ("",))) < min(shown, default=(inf, ("",)))
        assert {path: by_path(found)[path] for path in found.shown} == {
            path: sizes[path] for path in found.shown
        }
        assert found.folded == len(folded)

    @given(many, many, st.integers(3, 40))
    def test_that_are_shown_stay_until_the_cycle_ends(
        self, before: Workflows, bill: Workflows, limit: int
    ) -> None:
        first = limited(workflows(before), None, limit)
        later = limited(workflows(bill), first, limit)
        gone = (first.shown & by_path(workflows(bill)).keys()) - later.shown
        assert not gone or not later.shown - first.shown, "the kept ones alone are too many"

    def test_are_summed_as_the_rest_of_their_repository(self) -> None:
        bill = {
            ("acme", "web", name, "actions_linux"): dollars
            for name, dollars in (("a", 9.0), ("b", 1.0), ("c", 2.0))
        } | {("acme", "api", "d", "actions_linux"): 8.0}
        assert by_path(limited(workflows(bill), None, 3)) == {
            ("acme", "web", "a"): 9.0,
            ("acme", "web", OTHER): 3.0,
            ("acme", "api", "d"): 8.0,
        }

    def test_of_a_repository_without_one_of_its_own_are_the_rest_of_all(self) -> None:
        bill = {(f"org-{n}", "r", "a", "actions_linux"): float(n) for n in range(9)}
        assert by_path(limited(workflows(bill), None, 3)) == {
            ("org-8", "r", "a"): 8.0,
            ("org-7", "r", "a"): 7.0,
            (OTHER, OTHER, OTHER): 21.0,
        }

    def test_of_a_single_repository_stay_in_it(self) -> None:
        bill = {("acme", "web", name, "actions_linux"): 1.0 for name in "abcd"}
        assert by_path(limited(workflows(bill), None, 1)) == {("acme", "web", OTHER): 4.0}

    def test_are_folded_apart_from_repositories_in_the_same_reading(self) -> None:
        bill = {("acme", "web", name, "actions_linux"): 1.0 for name in "abcd"}
        both = replace(reading(BILL), samples=(*reading(BILL).samples, *workflows(bill).samples))
        found = limited(both, None, 3)
        assert by_pair(found) == by_pair(reading(BILL))
        assert by_path(found)["acme", "web", OTHER] == 2.0
        assert found.folded == 2


class TestAReadingWithoutRepositories:
    @pytest.mark.parametrize("limit", [1, 1000])
    def test_is_not_touched(self, limit: int) -> None:
        plain = Reading(
            taken=NOW,
            samples=tuple(
                catalogue.USAGE_USD.net(1, product="actions", sku=sku) for sku in ("a", "b")
            ),
            cycle_end=END,
        )
        assert limited(plain, None, limit) is plain
        assert replace(plain) == limited(plain, plain, limit)
