"""Copilot: seats, their use and the age of the last use, without names."""

from collections.abc import Iterable, Mapping, Sequence
from math import fsum

import httpx
import pytest

from exporter.accounts import Account
from exporter.github import errors
from tests.support.accounts import ACME, CORP
from tests.support.collect import COLLECTORS, NOW, Says, answer, read, said
from tests.support.world import World, enterprise, in_virtual_time, organization, user

SEATS = COLLECTORS["copilot_seats"]
ACTIVITY = COLLECTORS["copilot_seat_activity"]
BILLING_PATH = "/orgs/acme/copilot/billing"
SEATS_PATH = "/enterprises/acme-corp/copilot/billing/seats"
BREAKDOWN = {
    "total": 12,
    "added_this_cycle": 9,
    "pending_invitation": 0,
    "pending_cancellation": 1,
    "active_this_cycle": 12,
    "inactive_this_cycle": 11,
}
DEFAULT = ["usage", "copilot_seats"]
OPTED_IN = {"collectors": ["copilot_seat_activity"]}
AGES = ("0-7d", "8-30d", "31-90d", "over_90d", "never")


def seat(person: int | None, last_activity_at: str | None = None) -> dict[str, object]:
    """Return a seat as GitHub sends it, including a name."""
    assignee = None if person is None else {"id": person, "login": f"canary-{person}"}
    return {"assignee": assignee, "last_activity_at": last_activity_at, "plan_type": "unknown"}


class GitHub:
    """List seats in pages. ``links``: send a Link header, as GitHub does."""

    def __init__(
        self, seats: Sequence[Mapping[str, object]], total: int, *, links: bool = True
    ) -> None:
        self.seats = seats
        self.total = total
        self.links = links
        self.asked: list[Mapping[str, str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query = dict(request.url.params)
        self.asked.append(query)
        page, size = int(query.get("page", "1")), int(query["per_page"])
        found = self.seats[(page - 1) * size : page * size]
        reply = answer({"total_seats": self.total, "seats": found})
        if self.links and page * size < len(self.seats):
            url = request.url.copy_merge_params({"page": str(page + 1)})
            reply.headers["link"] = f'<{url}>; rel="next"'
        return reply


def ages(seats: Iterable[Mapping[str, object]], total: int) -> dict[str, float]:
    """Return the number of an organization's seats by age, without zeros."""
    found = said(read(ACTIVITY, ACME, GitHub(list(seats), total)))
    assert list(found) == [f"copilot_seat_last_activity_seats {age}" for age in AGES]
    return {name.split()[1]: value for name, value in found.items() if value}


class TestSeats:
    def test_of_an_organization_are_told_as_github_divides_them(self) -> None:
        payload = {"seat_breakdown": BREAKDOWN, "plan_type": "business"}
        assert said(read(SEATS, ACME, Says({BILLING_PATH: payload}))) == {
            "copilot_info business": 1,
            "copilot_seats": 12,
            "copilot_added_seats": 9,
            "copilot_pending_invitation_seats": 0,
            "copilot_pending_cancellation_seats": 1,
            "copilot_active_seats": 12,
            "copilot_inactive_seats": 11,
        }

    def test_that_github_does_not_tell_are_absent(self) -> None:
        payload = {"seat_breakdown": {"total": 0, "active_this_cycle": None}}
        assert said(read(SEATS, ACME, Says({BILLING_PATH: payload}))) == {"copilot_seats": 0}

    @pytest.mark.parametrize(
        "payload", [{}, {"seat_breakdown": {}}, {"seat_breakdown": {"total": "12"}}], ids=str
    )
    def test_without_any_are_no_valid_payload(self, payload: object) -> None:
        with pytest.raises(errors.InvalidPayload):
            read(SEATS, ACME, Says({BILLING_PATH: payload}))

    def test_of_an_enterprise_are_the_total_of_a_page_of_one(self) -> None:
        github = GitHub([seat(1), seat(1), seat(2)], total=2)
        assert said(read(SEATS, CORP, github)) == {"copilot_seats": 2}
        assert github.asked == [{"per_page": "1"}]

    @pytest.mark.parametrize(("status", "error"), [(404, errors.NotFound), (422, errors.Rejected)])
    @pytest.mark.parametrize("account", [ACME, CORP], ids=str)
    def test_that_github_refuses_fail_as_it_says(
        self, account: Account, status: int, error: type[errors.GitHubError]
    ) -> None:
        with pytest.raises(error):
            read(SEATS, account, Says({BILLING_PATH: status, SEATS_PATH: status}))

    @in_virtual_time
    async def test_are_not_offered_where_there_is_no_copilot(self) -> None:
        async with World(organization(copilot=False), collectors=DEFAULT) as world:
            await world.passes(hours=2)
            assert world.about("available", "copilot_seats") == 0
            assert world.failures("copilot_seats") == 0

    @in_virtual_time
    async def test_of_a_user_are_not_asked_for(self) -> None:
        async with World(user(), collectors=DEFAULT) as world:
            assert world.asked("/copilot/") == 0


class TestLastActivity:
    @pytest.mark.parametrize(
        ("at", "age"),
        [
            ("2026-10-20T12:00:00Z", "0-7d"),
            ("2026-10-20T13:00:00Z", "0-7d"),
            ("2026-10-13T12:00:00Z", "0-7d"),
            ("2026-10-13T11:59:59Z", "8-30d"),
            ("2026-10-13T06:00:00-06:00", "0-7d"),
            ("2026-10-13T05:59:59-06:00", "8-30d"),
            ("2026-10-13T12:00:00", "0-7d"),
            ("2026-10-13T11:59:59", "8-30d"),
            ("2026-09-20T12:00:00Z", "8-30d"),
            ("2026-09-20T11:59:59Z", "31-90d"),
            ("2026-07-22T12:00:00Z", "31-90d"),
            ("2026-07-22T11:59:59Z", "over_90d"),
            (None, "never"),
        ],
    )
    def test_is_told_by_its_age_in_any_zone(self, at: str | None, age: str) -> None:
        assert NOW.isoformat() == "2026-10-20T12:00:00+00:00"
        assert ages([seat(1, at)], 1) == {age: 1}

    @pytest.mark.parametrize(
        ("dates", "age"),
        [
            (["2026-08-01T00:00:00Z", "2026-10-19T00:00:00-06:00"], "0-7d"),
            (["2026-10-19T00:00:00", "2026-08-01T00:00:00Z"], "0-7d"),
            ([None, "2026-10-01T00:00:00Z"], "8-30d"),
            (["2026-10-01T00:00:00Z", None], "8-30d"),
            ([None, None], "never"),
        ],
    )
    def test_of_a_person_in_two_organizations_is_the_later_and_counts_once(
        self, dates: Sequence[str | None], age: str
    ) -> None:
        grants = [seat(7, at) for at in dates]
        assert ages(grants, 1) == {age: 1}
        assert ages([*grants, seat(8, "2026-10-20T00:00:00Z")], 2) == (
            {"0-7d": 2} if age == "0-7d" else {age: 1, "0-7d": 1}
        )

    def test_of_grants_without_a_person_counts_each(self) -> None:
        assert ages([seat(None), seat(None), seat(1)], 3) == {"never": 3}

    def test_of_holders_of_several_kinds_counts_each_of_the_same_number(self) -> None:
        holders = [("User", 7), ("Team", 7), ("Organization", 7), ("User", 8), ("User", 7)]
        seats = [seat(number) for _, number in holders]
        for each, (kind, number) in zip(seats, holders, strict=True):
            each["assignee"] = {"id": number, "type": kind, "name": "canary"}
        assert ages(seats, 4) == {"never": 4}

    def test_of_a_holder_whose_kind_is_not_always_told_counts_once(self) -> None:
        seats = [seat(7), seat(7)]
        seats[0]["assignee"] = {"id": 7, "type": "User"}
        assert ages(seats, 1) == {"never": 1}

    @pytest.mark.parametrize("given", [{}, {"total_seats": None}], ids=str)
    def test_is_read_where_the_total_is_not_told(self, given: Mapping[str, object]) -> None:
        payload = {"seats": [seat(1), seat(2)], **given}
        found = said(read(ACTIVITY, ACME, lambda _: answer(payload)))
        assert sum(found.values()) == 2

    def test_of_nobody_is_told_as_nothing(self) -> None:
        assert ages([], 0) == {}

    @pytest.mark.parametrize("links", [True, False])
    def test_is_read_from_all_pages_a_hundred_at_a_time(self, links: bool) -> None:
        grants = [seat(number % 220, "2026-10-19T00:00:00Z") for number in range(250)]
        github = GitHub(grants, 220, links=links)
        found = said(read(ACTIVITY, CORP, github))
        assert fsum(found.values()) == 220
        assert [query.get("page", "1") for query in github.asked] == ["1", "2", "3"]
        assert {query["per_page"] for query in github.asked} == {"100"}

    @pytest.mark.parametrize("total", [1, 3])
    def test_of_other_people_than_the_total_is_no_valid_payload(self, total: int) -> None:
        with pytest.raises(errors.InvalidPayload, match="total_seats"):
            read(ACTIVITY, ACME, GitHub([seat(1), seat(2)], total))

    @pytest.mark.parametrize("at", ["yesterday", 7, "2026-13-01T00:00:00Z"])
    def test_that_is_no_date_is_no_valid_payload(self, at: object) -> None:
        odd = {**seat(1), "last_activity_at": at}
        with pytest.raises(errors.InvalidPayload, match="last_activity_at"):
            read(ACTIVITY, ACME, GitHub([odd], 1))


class TestThePage:
    @in_virtual_time
    async def test_adds_the_ages_up_to_the_seats(self) -> None:
        accounts = (
            organization(seats=130, enterprise="acme-corp"),
            # Some of its people have a seat in acme, too.
            enterprise(seats=12),
        )
        async with World(*accounts, settings=OPTED_IN, collectors=DEFAULT) as world:
            for account in ("acme", "acme-corp"):
                by_age = world.series("copilot_seat_last_activity_seats", account=account)
                assert {dict(labels)["age"] for labels in by_age} == set(AGES)
                assert sum(value > 0 for value in by_age.values()) == 5
                assert fsum(by_age.values()) == world.value("copilot_seats", account=account)
            active = world.value("copilot_active_seats")
            inactive = world.value("copilot_inactive_seats")
            assert active is not None
            assert inactive is not None
            assert 0 < active + inactive < 130, "seats that were never used are neither"

    @in_virtual_time
    async def test_names_nobody(self) -> None:
        account = organization(committers=["canary-ada", "canary-grace"])
        async with World(account, settings=OPTED_IN, collectors=DEFAULT) as world:
            assert world.value("copilot_seats") == 12
            assert len(world.series("copilot_seat_last_activity_seats")) == 5
            assert "canary" not in world.text()

    @in_virtual_time
    async def test_tells_no_ages_where_they_are_not_asked_for(self) -> None:
        async with World(organization(), collectors=DEFAULT) as world:
            assert world.value("copilot_seats") == 12
            assert world.asked("/copilot/billing/seats") == 0
