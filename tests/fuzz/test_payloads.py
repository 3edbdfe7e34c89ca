"""Any payload is a correct reading or a reported failure, never an internal error."""

import asyncio
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.app import App
from exporter.collectors import ALL
from exporter.demo import DEMO_TOKEN, SimulatedAccount, SimulatedGitHub, demo_accounts
from exporter.github.auth import from_token
from exporter.settings import load
from exporter.web.exposition import text
from tests.support.payloads import SpoilingTransport, assert_honest, spoils
from tests.support.world import START

CORPUS = sorted((Path(__file__).parent / "corpus" / "payloads").iterdir())
ANSWERS = 80
"""At least as many as the largest account takes."""

EVERY = -1


def now() -> datetime:
    return START


def page(account: SimulatedAccount, number: int, spoil: object) -> tuple[str, SpoilingTransport]:
    """Poll every collector of an account once, with one answer corrupted, or all for `EVERY`."""
    github = httpx.ASGITransport(SimulatedGitHub([account], clock=now))
    assert callable(spoil)
    transport = SpoilingTransport(github, number, spoil)
    every = [each.name for each in ALL if account.type in each.account_types and not each.default]
    flags = {
        f"{account.type.value}s": [account.name],
        "collectors": every,
        "allocation": {"rules": [{"property": "team"}]},
    }
    app = App.assemble(
        load(flags, {}, ALL),
        from_token("default", DEMO_TOKEN),
        transport=transport,
        clock=now,
        sleep=lambda _: asyncio.sleep(0),
        process=False,
    )
    asyncio.run(app.once())
    return text(app.poller.page(), app.telemetry.registry).decode(), transport


@pytest.mark.parametrize("account", demo_accounts(), ids=lambda account: account.name)
class TestSpoiltPayloads:
    @settings(max_examples=50)
    @given(st.integers(0, ANSWERS), spoils())
    def test_are_a_reading_or_a_failure_that_says_so(
        self, account: SimulatedAccount, number: int, spoil: object
    ) -> None:
        said, _ = page(account, number, spoil)
        assert_honest(said)

    @pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.name)
    def test_of_the_corpus_stand_in_for_every_answer(
        self, account: SimulatedAccount, file: Path
    ) -> None:
        said, transport = page(account, EVERY, lambda _: file.read_bytes())
        assert transport.spoilt is not None
        assert_honest(said)
