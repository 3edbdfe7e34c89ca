"""The series limit folds workflows into their repository, and keeps the dearest."""

from dataclasses import replace
from math import fsum, inf

from hypothesis import given
from hypothesis import strategies as st

from exporter.metrics.series_limit import OTHER, limited
from tests.support.limited_bills import (
    BILL,
    MINUTES,
    WORKFLOW,
    Workflows,
    by_pair,
    by_path,
    names,
    reading,
    series,
    skus,
    workflows,
)

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
        sizes = by_path(workflows(bill))
        gone = (first.shown & sizes.keys()) - later.shown
        new = later.shown - first.shown
        assert not gone or all(
            (sizes[path], path) > max((sizes[each], each) for each in gone) for path in new
        ), "only dearer ones take their place"

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
