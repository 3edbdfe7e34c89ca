"""The series limit folds whole repositories, smallest first, and keeps the total."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from math import fsum, inf
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.metrics import catalogue
from exporter.metrics.model import Reading
from exporter.metrics.series_limit import OTHER, limited
from tests.support.limited_bills import (
    BILL,
    END,
    GROSS,
    NOW,
    QUANTITY,
    Bill,
    Pair,
    by_pair,
    names,
    reading,
    series,
    skus,
)

COMMITTERS = catalogue.ADVANCED_SECURITY_REPOSITORY_COMMITTERS

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

    @given(bills, bills, st.integers(6, 30))
    def test_shows_the_dearest_whatever_was_shown(
        self, before: Bill, bill: Bill, limit: int
    ) -> None:
        whole = reading(bill)
        found = limited(whole, limited(reading(before), None, limit), limit)
        sizes = by_pair(whole)
        many: Counter[Pair] = Counter(each[:2] for each in bill)
        room = limit // 2
        for pair in sorted(sizes, key=lambda pair: (sizes[pair], pair), reverse=True):
            room -= many[pair]
            assert room < 0 or pair in found.shown

    @given(bills, st.integers(6, 30))
    def test_names_every_organization_if_the_limit_is_twice_their_rests(
        self, bill: Bill, limit: int
    ) -> None:
        whole = reading(bill)
        found = limited(whole, None, limit)
        assert bool(found.series_limit_advised) == ((OTHER, OTHER) in by_pair(found))
        if found.series_limit_advised:
            advised = limited(whole, found, found.series_limit_advised)
            assert found.series_limit_advised > limit
            assert advised.series_limit_advised == 0
            assert (OTHER, OTHER) not in by_pair(advised)

    @given(bills, st.integers(3, 30), st.randoms())
    def test_is_the_same_in_any_order(self, bill: Bill, limit: int, chance: Random) -> None:
        rows = list(bill.items())
        chance.shuffle(rows)
        found, other = (limited(reading(each), None, limit) for each in (bill, dict(rows)))
        assert sorted(map(repr, found.samples)) == sorted(map(repr, other.samples))

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
        assert found == {(OTHER, OTHER): 21.0, ("org-7", OTHER): 7.0, ("org-8", "r"): 8.0}

    def test_leaves_half_of_the_limit_to_the_dearest_repositories(self) -> None:
        bill = {
            (f"org-{number % 300}", f"r-{number}", sku): float(number)
            for number in range(5_000)
            for sku in ("actions_linux", "actions_windows", "actions_macos", "actions_storage")
        }
        found = limited(reading(bill), None, 1_000)
        dearest = sorted(bill, key=bill.__getitem__)[-500:]
        assert found.shown == {(organization, name) for organization, name, _ in dearest}
        rests = {pair for pair in by_pair(found) if pair[1] == OTHER}
        assert len(rests) == 125
        assert (OTHER, OTHER) in rests
        assert found.series_limit_advised == 2 * 300 * 4


GROWN = {**BILL, ("acme", "a", "actions_linux"): 0.5, ("acme", "c", "actions_linux"): 2.5}
MANY = BILL | {("acme", name, "actions_linux"): 4.0 for name in ("v", "w")}
"""A bill with two that are dearer than those of `BILL`."""


class TestARepositoryOnceShown:
    def test_stays_until_the_end_of_its_cycle(self) -> None:
        before = limited(reading(MANY), None, 4)
        assert before.shown == {("acme", "a"), ("acme", "v"), ("acme", "w")}
        assert limited(reading(MANY | GROWN), before, 4).shown == before.shown

    def test_makes_way_for_a_larger_one_in_the_next_cycle(self) -> None:
        before = limited(reading(MANY), None, 4)
        later = reading(MANY | GROWN, END + timedelta(days=30))
        assert limited(later, before, 4).shown == {("acme", name) for name in "cvw"}

    def test_makes_way_for_one_of_the_dearest(self) -> None:
        before = limited(reading(MANY), None, 4)
        bill = MANY | {("acme", "c", "actions_linux"): 9.0}
        assert limited(reading(bill), before, 4).shown == {("acme", name) for name in "cvw"}

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
        assert by_pair(found) == {("acme", "a"): 4.0, ("acme", "d"): 9.0, ("acme", OTHER): 3.0}


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
