"""An installation token a few seconds old, which not all of GitHub may know yet."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from exporter.github.errors import Barred, Forbidden, NotFound, RateLimited, Unauthorized
from tests.support.app_server import Asking, asking, virtual_now
from tests.support.scripted_github import Conversation, says
from tests.support.world import in_virtual_time

ANYTHING = "GET /orgs/acme/anything"
REFUSED = {
    401: {"message": "Bad credentials"},
    403: {"message": "Resource not accessible by integration"},
    404: {"message": "Not Found"},
}


def refuse_young(app: Asking, seconds: float, *statuses: int) -> list[float]:
    """Refuse tokens younger than ``seconds``, with each status in turn.

    Return the ages of the tokens received; the list grows with every request.
    """
    ages: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        token = request.headers["authorization"].removeprefix("Bearer ")
        _, until = app.server.tokens[token]
        age = app.server.life - (until - virtual_now())
        ages.append(age / timedelta(seconds=1))
        if age >= timedelta(seconds=seconds):
            return httpx.Response(200, json={})
        status = statuses[(len(ages) - 1) % len(statuses)]
        return httpx.Response(status, json=REFUSED[status])

    app.server.rest = answer
    return ages


class TestARefusal:
    @pytest.mark.parametrize("statuses", [(401,), (403,), (403, 401), (401, 403)])
    def test_is_asked_again_after_one_two_and_three_seconds(
        self, key_file: Path, statuses: Sequence[int]
    ) -> None:
        async def scenario(app: Asking) -> None:
            ages = refuse_young(app, 5, *statuses)
            await app.ask()
            assert ages == pytest.approx([0, 1, 3, 6], abs=0.5)
            assert app.server.given() == 1, "a new token would be even younger"

        asking(key_file, scenario)

    def test_that_passes_in_between_is_asked_no_further(self, key_file: Path) -> None:
        async def scenario(app: Asking) -> None:
            ages = refuse_young(app, 0.5, 403)
            await app.ask()
            assert ages == pytest.approx([0, 1], abs=0.5)

        asking(key_file, scenario)

    def test_that_stays_is_one_of_the_endpoint(self, key_file: Path) -> None:
        async def scenario(app: Asking) -> None:
            ages = refuse_young(app, 3600, 403)
            assert isinstance(await app.failure(), Forbidden)
            assert len(ages) == 4
            assert isinstance(await app.failure(), Forbidden)
            assert len(ages) == 5, "no retry with an older token"

        asking(key_file, scenario)

    @pytest.mark.parametrize(("status", "error"), [(403, Barred), (401, Unauthorized)])
    def test_that_stays_until_the_deadline_is_one_of_the_whole_credential(
        self, key_file: Path, status: int, error: type[Exception]
    ) -> None:
        async def scenario(app: Asking) -> None:
            ages = refuse_young(app, 4, status)
            began = asyncio.get_running_loop().time()
            with pytest.raises(error, match="token is seconds old"):
                await app.ask(seconds=5)
            assert asyncio.get_running_loop().time() - began < 5
            assert ages == pytest.approx([0, 1, 3], abs=0.5)
            await asyncio.sleep(5)
            await app.ask()

        asking(key_file, scenario)

    def test_by_a_token_that_is_not_young_is_asked_no_second_time(self, key_file: Path) -> None:
        async def scenario(app: Asking) -> None:
            await app.ask()
            await asyncio.sleep(5)
            refuse_young(app, 3600, 403)
            before = app.server.asked[ANYTHING]
            assert isinstance(await app.failure(), Forbidden)
            assert app.server.asked[ANYTHING] == before + 1

        asking(key_file, scenario)

    def test_by_a_renewed_token_is_asked_again_too(self, key_file: Path) -> None:
        async def scenario(app: Asking) -> None:
            await app.ask()
            await asyncio.sleep(3600)
            ages = refuse_young(app, 2, 401)
            await app.ask()
            assert ages == pytest.approx([0, 1, 3], abs=0.5)
            assert app.server.given() == 2

        asking(key_file, scenario)

    def test_by_one_that_took_the_place_of_a_revoked_one_is_asked_again_too(
        self, key_file: Path
    ) -> None:
        async def scenario(app: Asking) -> None:
            await app.ask()
            await asyncio.sleep(60)
            app.server.revoked |= set(app.server.tokens)
            ages = refuse_young(app, 2, 403)
            await app.ask()
            assert ages == pytest.approx([0, 1, 3], abs=0.5)
            assert app.server.given() == 2

        asking(key_file, scenario)

    def test_of_twenty_who_share_the_token_costs_one_token(self, key_file: Path) -> None:
        async def scenario(app: Asking) -> None:
            refuse_young(app, 3, 401, 403)
            async with asyncio.TaskGroup() as tasks:
                for _ in range(20):
                    tasks.create_task(app.ask())
            assert app.server.given() == 1

        asking(key_file, scenario)


class TestWhatIsNoRefusal:
    def test_is_not_asked_again_where_it_says_not_found(self, key_file: Path) -> None:
        async def scenario(app: Asking) -> None:
            ages = refuse_young(app, 3600, 404)
            assert isinstance(await app.failure(), NotFound)
            assert len(ages) == 1

        asking(key_file, scenario)

    def test_is_not_asked_again_where_it_is_a_limit(self, key_file: Path) -> None:
        said = {"message": "You have exceeded a secondary rate limit."}

        async def scenario(app: Asking) -> None:
            assert isinstance(await app.failure(), RateLimited)
            assert app.server.asked[ANYTHING] == 1

        asking(key_file, scenario, rest=lambda _: httpx.Response(403, json=said))

    @in_virtual_time
    async def test_is_not_asked_again_with_a_token_that_is_no_installations(self) -> None:
        for status, error in ((401, Unauthorized), (403, Forbidden)):
            conversation = Conversation(says(status, REFUSED[status]))
            assert type(await conversation.failure()) is error
            assert len(conversation.requests) == 1
