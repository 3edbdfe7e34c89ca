"""Enterprise licences: their totals, whether servers have told of theirs, and nobody's name."""

from datetime import UTC, datetime

import pytest

from exporter.accounts import Account, AccountType
from exporter.github import errors
from tests.readings import COLLECTORS, Says, read, said
from tests.world import START, World, enterprise, in_virtual_time, organization

LICENSES = COLLECTORS["licenses"]
SYNC = COLLECTORS["license_sync"]
CORP = Account(AccountType.ENTERPRISE, "acme-corp")
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


class TestSynchronisation:
    def test_tells_of_each_server_by_its_id_whether_and_when(self) -> None:
        at = datetime(2026, 10, 19, 3, tzinfo=UTC).timestamp()
        failed = server("ghes-2", status="failure", date="2026-10-19T00:00:00-03:00", error="Down")
        assert synced(server(), failed) == {
            "license_sync_success ghes-1": 1,
            "license_sync_timestamp_seconds ghes-1": at,
            "license_sync_success ghes-2": 0,
            "license_sync_timestamp_seconds ghes-2": at,
        }

    @pytest.mark.parametrize("status", ["Success", "SUCCESS"])
    def test_reads_the_word_in_any_case(self, status: str) -> None:
        assert synced(server(status=status))["license_sync_success ghes-1"] == 1

    def test_tells_what_is_there(self) -> None:
        assert synced(server(date=None)) == {"license_sync_success ghes-1": 1}
        assert set(synced(server(status=None))) == {"license_sync_timestamp_seconds ghes-1"}
        assert synced({"server_id": "ghes-1", "last_sync": None}, {"server_id": "ghes-2"}) == {}

    def test_of_no_server_says_nothing(self) -> None:
        assert synced() == {}

    def test_without_a_list_of_servers_is_no_valid_payload(self) -> None:
        with pytest.raises(errors.InvalidPayload, match="server_instances"):
            read(SYNC, CORP, Says({SYNC_PATH: {}}))

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
