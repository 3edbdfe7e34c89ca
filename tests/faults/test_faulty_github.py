"""Faults of the simulated GitHub: their effects, their requests and their number."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest
import uvicorn

from exporter.accounts import AccountType
from exporter.demo import DEMO_TOKEN, SimulatedAccount, demo_accounts
from tests.support.faults.fault import Fault
from tests.support.faults.faulty_github import FaultyGitHub
from tests.support.simulator_client import OCTOBER, Asker, Clock

RESET = datetime(2026, 10, 20, 10, tzinfo=UTC)
USAGE = "/organizations/acme/settings/billing/usage"
HEADERS = {"authorization": f"Bearer {DEMO_TOKEN}"}


@asynccontextmanager
async def served(github: FaultyGitHub) -> AsyncIterator[httpx.AsyncClient]:
    """Serve over a real socket; yield a client."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            github, log_config=None, lifespan="off", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve(sockets=[listener]))
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            async with httpx.AsyncClient(base_url=url, headers=HEADERS) as client:
                yield client
            server.should_exit = True


class TestNamedFaults:
    @pytest.mark.parametrize(
        ("fault", "status", "said"),
        [
            (Fault.unauthorized(), 401, "Bad credentials"),
            (Fault.forbidden("No access to billing usage data."), 403, "No access to billing"),
            (Fault.not_found(), 404, "Not Found"),
            (Fault.moved(), 410, "This endpoint has been moved."),
            (Fault.rate_limited_primary(RESET), 403, "API rate limit exceeded for user ID"),
            (Fault.rate_limited_secondary(), 403, "You have exceeded a secondary rate limit."),
            (Fault.rate_limited_secondary(status=429), 429, "You have exceeded a secondary"),
            (Fault.secondary_in_disguise(), 403, "API rate limit exceeded for user ID"),
            (Fault.server_error(503), 503, "<html>"),
            (Fault.html_with_200(), 200, "<html>"),
            (Fault.redirect("https://elsewhere.example/"), 302, "Moved"),
        ],
    )
    def test_each_says_its_piece(self, fault: Fault, status: int, said: str) -> None:
        asker = Asker()
        asker.github.faults.add(fault)
        response = asker.get("/user")
        assert (response.status_code, said in response.text) == (status, True)
        assert asker.github.requests[-1].status == status

    def test_limits_differ_by_their_headers(self) -> None:
        asker = Asker()
        for fault in (
            Fault.rate_limited_primary(RESET, times=1),
            Fault.rate_limited_secondary(60, times=1),
            Fault.secondary_in_disguise(times=1),
        ):
            asker.github.faults.add(fault)
        primary, secondary, disguised = (asker.get("/user").headers for _ in range(3))
        assert primary["x-ratelimit-remaining"] == "0"
        assert primary["x-ratelimit-reset"] == str(int(RESET.timestamp()))
        assert secondary["retry-after"] == "60"
        assert int(disguised["x-ratelimit-remaining"]) > 0
        assert "retry-after" not in disguised

    def test_a_redirect_names_the_place(self) -> None:
        asker = Asker()
        asker.github.faults.add(Fault.redirect("https://elsewhere.example/", status=301))
        assert asker.get("/user").headers["location"] == "https://elsewhere.example/"

    def test_bytes_are_sent_as_they_are(self) -> None:
        asker = Asker()
        asker.github.faults.add(Fault(body=b'{"usageItems":[{]'))
        response = asker.get(USAGE, accept_encoding="gzip")
        assert (response.status_code, response.content) == (200, b'{"usageItems":[{]')


class TestWhere:
    def test_a_fault_meets_its_own_path_and_account(self) -> None:
        asker = Asker()
        asker.github.faults.add(Fault.not_found(match="/usage/summary", account="ACME"))
        paths = [f"{USAGE}/summary", USAGE, "/users/mona/settings/billing/usage/summary"]
        assert [asker.get(path).status_code for path in paths] == [404, 200, 200]

    def test_a_fault_happens_as_often_as_said(self) -> None:
        asker = Asker()
        asker.github.faults.add(Fault.server_error(times=2))
        assert [asker.get("/user").status_code for _ in range(3)] == [502, 502, 200]

    def test_a_cleared_fault_is_gone(self) -> None:
        asker = Asker()
        asker.github.faults.add(Fault.server_error())
        assert asker.get("/user").status_code == 502
        asker.github.faults.clear()
        assert asker.get("/user").status_code == 200


class TestTransport:
    def test_a_cut_in_process_is_what_a_client_sees_of_one(self) -> None:
        asker = Asker()
        asker.github.faults.add(Fault.cut_short(5))
        with pytest.raises(httpx.RemoteProtocolError):
            asker.get(USAGE)

    def test_a_cut_over_a_socket_breaks_the_connection(self) -> None:
        github = FaultyGitHub(demo_accounts(), clock=Clock())
        github.faults.add(Fault.cut_short(5, match="/usage", times=1))

        async def asking() -> None:
            async with served(github) as client:
                with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
                    await client.get(USAGE)
                assert (await client.get(USAGE)).status_code == 200

        asyncio.run(asking())

    def test_a_stream_over_a_socket_comes_whole_or_is_cut(self) -> None:
        account = SimulatedAccount(AccountType.ORGANIZATION, "acme", report_rows=2_000)
        github = FaultyGitHub([account], clock=Clock())

        async def asking() -> None:
            async with served(github) as client:
                whole = await client.get(USAGE, params=OCTOBER)
                assert "content-length" not in whole.headers
                assert len(whole.json()["usageItems"]) == 2_000
                github.faults.add(Fault.cut_short(5_000))
                with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
                    await client.get(USAGE, params=OCTOBER)

        asyncio.run(asking())

    def test_a_late_answer_comes_whole(self) -> None:
        asker = Asker()
        truth = asker.get(USAGE).content
        for fault in (Fault.slow(0.001, times=1), Fault(chunk_delay=0.001)):
            asker.github.faults.add(fault)
            assert asker.get(USAGE).content == truth

    def test_a_hanging_answer_comes_when_it_is_let_go(self) -> None:
        github = FaultyGitHub(demo_accounts(), clock=Clock())
        let_go = asyncio.Event()
        github.faults.add(Fault(hang=let_go, match="/user"))

        async def asking() -> None:
            transport = httpx.ASGITransport(app=github)
            async with (
                httpx.AsyncClient(transport=transport, headers=HEADERS) as client,
                asyncio.TaskGroup() as group,
            ):
                asked = group.create_task(client.get("https://api.github.com/user"))
                await client.get("https://api.github.com/versions")
                assert {each.path: each.status for each in github.requests} == {
                    "/user": None,
                    "/versions": 200,
                }
                let_go.set()
                assert (await asked).status_code == 200

        asyncio.run(asking())

    def test_a_hanging_answer_ends_with_its_client(self) -> None:
        github = FaultyGitHub(demo_accounts(), clock=Clock())
        github.faults.add(Fault.hanging())

        async def asking() -> None:
            async with served(github) as client:
                with pytest.raises(httpx.ReadTimeout):
                    await client.get("/user", timeout=httpx.Timeout(5, read=0.05))

        asyncio.run(asking())
        # A request cancelled by the server would have no status.
        assert [each.status for each in github.requests] == [200]
