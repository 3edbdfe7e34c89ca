"""Scrapes and probes, in process and over a socket."""

import asyncio
import gzip
from datetime import datetime, timedelta

import httpx
import pytest

from exporter.app import App
from exporter.collectors import ALL
from exporter.demo import DEMO_TOKEN, SimulatedGitHub
from exporter.github.auth import from_token
from exporter.settings import load
from exporter.web.server import listen
from tests.support.connections import on_socket
from tests.support.faults.fault import Fault
from tests.support.programs import system_program
from tests.support.simulator_client import NOW, Clock
from tests.support.web_application import Server

PATHS = ("/metrics", "/", "/healthz", "/readyz")


class TestMethods:
    @pytest.mark.parametrize("path", [*PATHS, "/nowhere"])
    @pytest.mark.parametrize("encoding", ["", "gzip"])
    def test_head_is_get_without_the_body(self, path: str, encoding: str) -> None:
        server = Server()
        head = server.polled(path, "HEAD", accept_encoding=encoding)
        get = asyncio.run(server.ask(path, accept_encoding=encoding))
        assert (head.status, head.headers) == (get.status, get.headers)
        assert head.body == b""
        assert int(head.headers["content-length"]) == len(get.body) > 0

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
    @pytest.mark.parametrize("path", PATHS)
    def test_other_methods_are_refused(self, method: str, path: str) -> None:
        answer = asyncio.run(Server().ask(path, method))
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")

    @pytest.mark.parametrize("path", ["/nowhere", "/metrics/", "/metrics.txt"])
    def test_other_paths_are_not_found(self, path: str) -> None:
        assert asyncio.run(Server().ask(path)).status == 404


class TestScrape:
    def test_never_asks_github(self) -> None:
        server = Server()
        server.polled("/metrics")
        asked = len(server.github.requests)
        assert asked > 0
        for path in PATHS:
            asyncio.run(server.ask(path, accept_encoding="gzip"))
        assert len(server.github.requests) == asked

    def test_before_the_first_poll_no_amount_is_said(self) -> None:
        page = asyncio.run(Server().ask("/metrics")).text
        assert "github_billing_account_info{" in page
        assert "_usd{" not in page


class TestLanding:
    def test_is_the_same_in_both_forms(self) -> None:
        server = Server()
        plain = server.polled("/")
        packed = asyncio.run(server.ask("/", accept_encoding="gzip"))
        assert "content-encoding" not in plain.headers
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.headers["vary"] == "accept-encoding"
        assert gzip.decompress(packed.body) == plain.body


class TestHealth:
    def test_alive_until_the_scheduler_stood_still_for_a_minute(self) -> None:
        server = Server()
        assert asyncio.run(server.ask("/healthz")).status == 200
        server.seconds += 59
        assert asyncio.run(server.ask("/healthz")).status == 200
        server.seconds += 2
        answer = asyncio.run(server.ask("/healthz"))
        assert (answer.status, answer.text) == (503, "the scheduler has stalled\n")

    @pytest.mark.parametrize("step", [timedelta(days=1), timedelta(days=-1)], ids=str)
    def test_a_clock_that_is_set_changes_nothing(self, step: timedelta) -> None:
        server = Server()
        server.clock.now += step
        assert asyncio.run(server.ask("/healthz")).status == 200
        server.seconds += 61
        assert asyncio.run(server.ask("/healthz")).status == 503

    def test_a_turn_of_the_scheduler_is_a_sign_of_life(self) -> None:
        async def scenario() -> None:
            server = Server()
            server.seconds += 600
            polling = asyncio.ensure_future(server.app.poller.run())
            await asyncio.sleep(0)
            assert (await server.ask("/healthz")).status == 200
            polling.cancel()

        asyncio.run(scenario())


class TestReadiness:
    def test_waits_for_the_first_attempts(self) -> None:
        server = Server()
        assert asyncio.run(server.ask("/readyz")).status == 503
        assert server.polled("/readyz").status == 200

    def test_does_not_mind_what_github_said(self) -> None:
        server = Server()
        server.github.faults.add(Fault.unauthorized())
        assert server.polled("/readyz").status == 200
        assert 'reason="unauthorized"} 1.0' in asyncio.run(server.ask("/metrics")).text

    def test_comes_after_an_interval_though_an_attempt_hangs_and_stays(self) -> None:
        async def scenario() -> None:
            server = Server(without=["plan"])  # its interval differs
            server.github.faults.add(Fault.hanging())
            polling = asyncio.ensure_future(server.app.poller.once())
            await asyncio.sleep(0)
            server.clock.now += timedelta(minutes=14, seconds=59)
            assert (await server.ask("/readyz")).status == 503
            server.clock.now += timedelta(seconds=1)
            assert (await server.ask("/readyz")).status == 200
            server.clock.now -= timedelta(minutes=10)
            assert (await server.ask("/readyz")).status == 200
            polling.cancel()

        asyncio.run(scenario())


class TestSocket:
    def test_curl_reads_both_forms_alike(self) -> None:
        curl = system_program("curl")

        async def fetched(url: str, *options: str) -> bytes:
            process = await asyncio.create_subprocess_exec(
                curl, "--silent", "--fail", *options, url, stdout=asyncio.subprocess.PIPE
            )
            output, _ = await process.communicate()
            assert process.returncode == 0
            return output

        async def scenario() -> None:
            server = Server()
            await server.app.poller.once()
            async with on_socket(server.application) as url:
                plain = await fetched(f"{url}/metrics")
                packed = await fetched(f"{url}/metrics", "--compressed")
                head = await fetched(f"{url}/metrics", "--head")
            assert plain == packed
            assert b"github_billing_usage_net_usd{" in plain
            assert f"content-length: {len(plain)}\r\n".encode() in head.lower()

        asyncio.run(scenario())

    def test_a_scraper_that_hangs_up_midway_leaves_the_next_scrape_intact(self) -> None:
        async def scenario() -> None:
            server = Server()
            await server.app.poller.once()
            async with on_socket(server.application) as url:
                host, port = httpx.URL(url).host, httpx.URL(url).port
                for _ in range(5):
                    reader, writer = await asyncio.open_connection(host, port)
                    writer.write(b"GET /metrics HTTP/1.1\r\nhost: exporter\r\n\r\n")
                    assert (await reader.read(20)).startswith(b"HTTP/1.1 200")
                    writer.transport.abort()
                async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
                    answer = await client.get("/metrics", headers={"accept-encoding": "identity"})
            assert answer.content == (await server.ask("/metrics")).body
            assert len(answer.content) == int(answer.headers["content-length"])

        asyncio.run(scenario())

    def test_the_end_of_the_scheduler_ends_the_service(self) -> None:
        class BreakingClock:
            calls = 0

            def __call__(self) -> datetime:
                self.calls += 1
                if self.calls > 100:
                    raise ZeroDivisionError
                return NOW

        clock = BreakingClock()
        app = App.assemble(
            load({"organizations": ["acme"]}, {}, ALL),
            from_token("default", DEMO_TOKEN),
            transport=httpx.ASGITransport(SimulatedGitHub([], clock=Clock())),
            clock=clock,
        )
        clock.calls = 100
        (listening,) = listen(("127.0.0.1", 0))
        with listening, pytest.raises(ExceptionGroup) as ended:
            asyncio.run(app.run([listening]))
        assert ended.value.subgroup(ZeroDivisionError)
