"""The clients of one GitHub App: limits per installation, shared slots, and secrets."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import structlog

from exporter import logs
from exporter.accounts import Account, AccountType
from exporter.collectors import ALL
from exporter.github.api import attempt
from exporter.github.pacing import CONCURRENT_REQUESTS
from exporter.polling.clients import credentials
from exporter.settings import load
from exporter.web import landing
from tests.support.app_server import APP_ID, PKCS8, AppServer, Asking, asking, pem, virtual_now
from tests.support.world import World, organization, read_at_each_use, virtual


class TestLimits:
    BETA = Account(AccountType.ORGANIZATION, "beta")

    def test_those_told_are_of_the_installation_with_the_least_left(self, key_file: Path) -> None:
        async def scenario(app: Asking) -> None:
            def told() -> int | None:
                limit = app.exchanges[-1].rate_limit
                return limit.remaining if limit else None

            await app.ask()
            assert told() == 4000
            await app.ask(self.BETA)
            assert told() == 300
            await app.ask()
            assert told() == 300
            app.clients.release("default", self.BETA)
            await app.ask()
            assert told() == 4000

        limits = {7: 4000, 8: 300}
        asking(key_file, scenario, installed={"acme": 7, "beta": 8}, limits=limits)

    def test_one_installations_wait_is_not_anothers(self, key_file: Path) -> None:
        async def scenario(app: Asking) -> None:
            await app.ask()
            assert (await app.failure()).reason == "rate_limited"
            await app.ask(self.BETA)

        asking(key_file, scenario, installed={"acme": 7, "beta": 8}, limits={7: 0, 8: 300})

    def test_slots_are_the_credentials(self, key_file: Path) -> None:
        busiest = 0

        async def scenario(app: Asking) -> None:
            nonlocal busiest
            running = 0

            async def held(number: int) -> None:
                nonlocal running, busiest
                account = Account(AccountType.ORGANIZATION, f"org-{number}")
                client = app.clients.of_account("default", account)
                async with attempt(client, {}, 60):
                    running += 1
                    busiest = max(busiest, running)
                    await asyncio.sleep(1)
                    running -= 1

            async with asyncio.TaskGroup() as tasks:
                for number in range(30):
                    tasks.create_task(held(number))

        asking(key_file, scenario)
        assert busiest == CONCURRENT_REQUESTS


class TestSecrets:
    @pytest.fixture(autouse=True)
    def _logs_as_before(self) -> Iterator[None]:
        root = logging.getLogger()
        handlers, level = root.handlers, root.level
        yield
        root.handlers = handlers
        root.setLevel(level)
        structlog.reset_defaults()

    @pytest.mark.parametrize("line_end", ["\n", "\\n", "\\r\\n"])
    def test_no_log_page_or_error_holds_one(
        self, key_file: Path, line_end: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        key_file.write_text(pem(form=PKCS8).replace("\n", line_end))

        async def scenario() -> None:
            server = AppServer(virtual_now)

            def spiteful(request: httpx.Request) -> httpx.Response:
                secrets = [*server.jwts[-1:], *list(server.tokens)[-1:], pem(form=PKCS8)]
                if request.url.path.endswith("usage/summary"):
                    raise RuntimeError(f"our own fault with {secrets}")
                return httpx.Response(403, json={"message": f"{secrets}"})

            server.rest = spiteful
            flags = {"github": {"app_id": APP_ID, "app_private_key_file": key_file}}
            [secret] = credentials(
                load(flags, {}, ALL), {}, clock=virtual_now, of_file=read_at_each_use
            )
            world = World(
                organization(), settings=flags, credential=secret, transport=server.transport()
            )
            logs.configure("debug", "json", world.app.clients.shown)
            async with world:
                said = world.text() + landing.render(world.app.poller.page(), world.clock())
                said += capsys.readouterr().err
            assert "our own fault" in said
            secrets = [*server.tokens, *server.jwts, *pem(form=PKCS8).splitlines()[1:-2]]
            assert len(secrets) > 20
            assert not [secret for secret in secrets if secret in said]

        virtual(scenario)
