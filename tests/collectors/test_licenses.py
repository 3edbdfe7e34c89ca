"""Enterprise licenses: totals, synchronization of servers, and no names."""

from datetime import UTC, datetime

import httpx
import pytest

from exporter.github import errors
from tests.support.accounts import CORP
from tests.support.collect import COLLECTORS, Says, answer, read, said
from tests.support.world import START, World, enterprise, in_virtual_time, organization

LICENSES = COLLECTORS["licenses"]
SYNC = COLLECTORS["license_sync"]
TYPES = COLLECTORS["license_types"]
CONSUMED_PATH = "/enterprises/acme-corp/consumed-licenses"
SYNC_PATH = "/enterprises/acme-corp/license-sync-status"
PERSON = {"github_com_login": "mona", "github_com_two_factor_auth": ""}
BOTH = ["usage", "licenses", "license_sync"]


def server(server_id: str = "ghes-1", **last_sync: object) -> dict[str, object]:
    sync = {"date": "2026-10-19T03:00:00Z", "status": "success", "error": "", **last_sync}
    return {"server_id": server_id, "hostname": "ghes.example.com", "last_sync": sync}


def synced(*servers: dict[str, object]) -> dict[str, float]:
    return said(read(SYNC, CORP, Says({SYNC_PATH: {"server_instances": servers}})))


class TestLicenses:
    def test_are_told_in_total_of_a_page_of_one(self) -> None:
        totals = {"total_seats_consumed": 5000, "total_seats_purchased": 4500}
        github = Says({CONSUMED_PATH: {**totals, "users": [PERSON]}})
        assert said(read(LICENSES, CORP, github)) == {
            "licenses_consumed_seats": 5000,
            "licenses_purchased_seats": 4500,
        }
        assert [request.url.params["per_page"] for request in github.requests] == ["1"]

    @pytest.mark.parametrize("total", ["consumed", "purchased"])
    def test_that_one_total_tells_of_are_one_sample(self, total: str) -> None:
        github = Says({CONSUMED_PATH: {f"total_seats_{total}": 0}})
        assert said(read(LICENSES, CORP, github)) == {f"licenses_{total}_seats": 0}

    @pytest.mark.parametrize(
        "payload",
        [
            {"users": [PERSON]},
            {"total_seats_consumed": None, "total_seats_purchased": None},
            {"total_seats_consumed": "5"},
            [],
        ],
        ids=str,
    )
    def test_without_totals_are_no_valid_payload(self, payload: object) -> None:
        with pytest.raises(errors.InvalidPayload):
            read(LICENSES, CORP, Says({CONSUMED_PATH: payload}))

    @in_virtual_time
    async def test_are_people_of_the_whole_enterprise_whatever_a_page_holds(self) -> None:
        accounts = (
            enterprise(seats=130),
            organization("labs", enterprise="acme-corp", seats=140),
        )
        async with World(*accounts, collectors=BOTH) as world:
            people = {login for account in accounts for login in account.people}
            assert world.value("licenses_consumed_seats") == len(people) > 200
            assert world.asked("/consumed-licenses") == 1

    @in_virtual_time
    async def test_name_nobody(self) -> None:
        account = enterprise(committers=["canary-ada", "canary-grace"])
        async with World(account, collectors=BOTH) as world:
            assert world.value("licenses_consumed_seats") == 12
            assert "canary" not in world.text()
            assert "@example.com" not in world.text()

    @in_virtual_time
    async def test_of_an_organization_are_not_asked_for(self) -> None:
        async with World(organization(), collectors=BOTH) as world:
            assert world.asked("licen") == 0

    @in_virtual_time
    async def test_fail_and_synchronise_apart(self) -> None:
        async with World(enterprise(hidden={"licenses"}), collectors=BOTH) as world:
            assert world.about("available", "licenses") == 0
            assert world.failures("licenses") == 0
            assert world.about("success", "license_sync") == 1


class TestTypes:
    def test_are_counted_over_all_pages(self) -> None:
        pages: list[list[str | None]] = [
            ["enterprise"] * 100,
            ["enterprise", "Visual Studio", None, "Visual Studio"],
        ]

        def github(request: httpx.Request) -> httpx.Response:
            held = pages[int(request.url.params.get("page", "1")) - 1]
            assert request.url.params["per_page"] == "100"
            return answer({"users": [{"license_type": each} for each in held]})

        assert said(read(TYPES, CORP, github)) == {
            "licenses_type_seats enterprise": 101,
            "licenses_type_seats visual_studio": 2,
            "licenses_type_seats ": 1,
        }

    @in_virtual_time
    async def test_are_told_where_the_user_wants_them_and_name_nobody(self) -> None:
        account = enterprise(seats=130, committers=["canary-ada"])
        async with World(account, settings={"collectors": ["license_types"]}) as world:
            assert sum(world.series("licenses_type_seats").values()) == 130
            assert "canary" not in world.text()
        async with World(account, collectors=BOTH) as world:
            assert not world.series("licenses_type_seats")


class TestSynchronisation:
    def test_tells_of_each_server_by_its_id_whether_and_when(self) -> None:
        at = datetime(2026, 10, 19, 3, tzinfo=UTC).timestamp()
        failed = server("ghes-2", status="failure", date="2026-10-19T00:00:00-03:00", error="Down")
        assert synced(server(), failed) == {
            "license_sync_info ghes-1 ghes.example.com": 1,
            "license_sync_info ghes-2 ghes.example.com": 1,
            "license_sync_success ghes-1": 1,
            "license_sync_timestamp_seconds ghes-1": at,
            "license_sync_success ghes-2": 0,
            "license_sync_timestamp_seconds ghes-2": at,
        }

    @pytest.mark.parametrize("status", ["Success", "SUCCESS"])
    def test_reads_the_word_in_any_case(self, status: str) -> None:
        assert synced(server(status=status))["license_sync_success ghes-1"] == 1

    @pytest.mark.parametrize("date", [None, "", "yesterday", "2026-10-19T03:00:00"])
    def test_without_a_date_tells_what_is_there(self, date: str | None) -> None:
        assert set(synced(server(date=date))) == {
            "license_sync_info ghes-1 ghes.example.com",
            "license_sync_success ghes-1",
        }

    def test_tells_what_is_there(self) -> None:
        assert set(synced(server(status=None))) == {
            "license_sync_info ghes-1 ghes.example.com",
            "license_sync_timestamp_seconds ghes-1",
        }
        assert synced({"server_id": "ghes-1", "last_sync": None}, {"server_id": "ghes-2"}) == {}

    def test_of_a_server_that_is_not_understood_leaves_the_others(self) -> None:
        github = Says({SYNC_PATH: {"server_instances": [{"server_id": None}, server()]}})
        reading = read(SYNC, CORP, github)
        assert said(reading)["license_sync_success ghes-1"] == 1
        assert reading.notes == ("Invalid servers left out: 1.",)

    def test_of_no_server_says_nothing(self) -> None:
        assert synced() == {}

    @pytest.mark.parametrize("given", [{}, {"server_instances": None}], ids=str)
    def test_without_a_list_of_servers_says_nothing(self, given: dict[str, object]) -> None:
        assert said(read(SYNC, CORP, Says({SYNC_PATH: given}))) == {}

    def test_of_which_no_server_is_understood_is_no_valid_payload(self) -> None:
        with pytest.raises(errors.InvalidPayload, match="server_id"):
            read(SYNC, CORP, Says({SYNC_PATH: {"server_instances": [{"server_id": 7}]}}))

    @in_virtual_time
    async def test_of_a_server_that_has_not_come_through_is_on_the_page(self) -> None:
        async with World(enterprise(), collectors=BOTH) as world:
            success = world.series("license_sync_success")
            assert {dict(labels)["server"]: value for labels, value in success.items()} == {
                "deadbeef1": 1,
                "filetoffish1": 0,
            }
            at = world.value("license_sync_timestamp_seconds", server="filetoffish1")
            assert at is not None
            assert (START - datetime.fromtimestamp(at, UTC)).days == 9
