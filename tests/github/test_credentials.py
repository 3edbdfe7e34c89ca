"""Credentials: the kind of token, and changes of its source."""

from datetime import timedelta
from pathlib import Path

import pytest

from exporter.demo import DEMO_TOKEN
from exporter.github.auth import from_token, kind
from exporter.github.errors import Unauthorized
from tests.support.faults.fault import Fault
from tests.support.scripted_github import TOKEN, Conversation, everything_told, says
from tests.support.world import START, World, from_file, in_virtual_time, organization

OK = says(200, {"total": 1})
ANOTHER = "github_pat_" + "ANOTHER" * 6


def shown(conversation: Conversation) -> list[str]:
    return [request.headers["authorization"] for request in conversation.requests]


class TestKinds:
    @pytest.mark.parametrize(
        ("token", "name"),
        [
            ("ghp_x", "classic personal access token"),
            ("github_pat_x", "fine-grained personal access token"),
            ("gho_x", "OAuth token"),
            ("ghu_x", "GitHub App user token"),
            ("ghs_x.y.z", "GitHub App installation token"),
            ("ghr_x", "refresh token, which cannot read data"),
            ("0123456789abcdef" * 2 + "01234567", "personal access token in the old format"),
            ("0123456789abcdef" * 2, "unknown"),
            ("sesame", "unknown"),
            ("", "unknown"),
        ],
    )
    def test_are_told_by_how_a_token_begins(self, token: str, name: str) -> None:
        assert kind(token) == name


class TestTokenFile:
    @in_virtual_time
    async def test_is_read_again_at_the_very_next_request(self, tmp_path: Path) -> None:
        file = tmp_path / "token"
        file.write_text(f" {TOKEN}\r\n", encoding="utf-8")
        conversation = Conversation(OK, credential=from_file("default", file))
        await conversation.total()
        file.write_text(ANOTHER, encoding="utf-8")
        await conversation.total()
        assert shown(conversation) == [f"Bearer {TOKEN}", f"Bearer {ANOTHER}"]

    @pytest.mark.parametrize("written", ["\ufeff{}", "{}\r\n", "\ufeff{}\r\n", "\ufeff\r\n{}\r\n"])
    @in_virtual_time
    async def test_may_be_as_an_editor_of_windows_saves_it(
        self, written: str, tmp_path: Path
    ) -> None:
        file = tmp_path / "token"
        file.write_bytes(written.format(TOKEN).encode())
        conversation = Conversation(OK, credential=from_file("default", file))
        await conversation.total()
        assert shown(conversation) == [f"Bearer {TOKEN}"]

    @in_virtual_time
    async def test_is_read_again_after_a_try_that_failed(self, tmp_path: Path) -> None:
        file = tmp_path / "token"
        file.write_text(TOKEN, encoding="utf-8")

        async def renewing(seconds: float) -> None:
            file.write_text(ANOTHER, encoding="utf-8")

        conversation = Conversation(
            says(502), OK, credential=from_file("default", file), sleep=renewing
        )
        await conversation.total()
        assert shown(conversation) == [f"Bearer {TOKEN}", f"Bearer {ANOTHER}"]

    @in_virtual_time
    async def test_may_come_back(self, tmp_path: Path) -> None:
        file = tmp_path / "token"
        conversation = Conversation(OK, credential=from_file("default", file))
        assert isinstance(await conversation.failure(), Unauthorized)
        file.write_text(TOKEN, encoding="utf-8")
        assert await conversation.total() == 1

    @in_virtual_time
    async def test_that_is_missing_is_unauthorized(self, tmp_path: Path) -> None:
        failure = await self._is_unauthorized(tmp_path / "nothing")
        assert f"cannot read {tmp_path}/nothing: No such file or directory" in str(failure)

    @in_virtual_time
    async def test_that_is_a_folder_is_unauthorized(self, tmp_path: Path) -> None:
        await self._is_unauthorized(tmp_path)

    @in_virtual_time
    async def test_that_leads_nowhere_is_unauthorized(self, tmp_path: Path) -> None:
        (tmp_path / "token").symlink_to(tmp_path / "token")
        await self._is_unauthorized(tmp_path / "token")

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\n",
            f"{TOKEN} {TOKEN}".encode(),
            f"{TOKEN}\nsecond line".encode(),
            f"{TOKEN}\r\nx-injected: {TOKEN}".encode(),
            f"{TOKEN}\t#".encode(),
            f"{TOKEN}\0".encode(),
            f"{TOKEN}é".encode(),
            f"{TOKEN}\xff".encode("latin-1"),
            f"{TOKEN}\ufeff".encode(),
            TOKEN.encode("utf-16"),
        ],
    )
    @in_virtual_time
    async def test_that_holds_no_token_is_unauthorized(
        self, content: bytes, tmp_path: Path
    ) -> None:
        (tmp_path / "token").write_bytes(content)
        await self._is_unauthorized(tmp_path / "token")

    async def _is_unauthorized(self, file: Path) -> Unauthorized:
        conversation = Conversation(OK, credential=from_file("billing", file))
        failure = await conversation.failure()
        assert isinstance(failure, Unauthorized)
        assert "credential billing" in str(failure)
        assert "\n" not in str(failure) + failure.hint_for("")
        assert "CANARY" not in everything_told(failure)
        assert conversation.requests == []
        return failure


class TestVersion:
    def test_grows_with_each_new_token_alone(self, tmp_path: Path) -> None:
        file = tmp_path / "token"
        credential = from_file("default", file)
        versions = []
        for content in (TOKEN, TOKEN, f"{TOKEN}\n", ANOTHER, "", "", ANOTHER):
            file.write_text(content, encoding="utf-8")
            versions.append(credential.version)
        assert [version - versions[0] for version in versions] == [0, 0, 0, 1, 2, 2, 3]

    @in_virtual_time
    async def test_of_a_token_stays(self) -> None:
        credential = from_token("default", TOKEN)
        assert credential.version == credential.version == (await credential.read()).version

    @in_virtual_time
    async def test_tells_which_secret_was_shown(self) -> None:
        credential = from_token("default", TOKEN)
        assert credential.shown() == []
        await credential.read()
        assert credential.shown() == [TOKEN]


class TestTheExporter:
    @in_virtual_time
    async def test_asks_at_once_when_the_file_gets_a_good_token(self, tmp_path: Path) -> None:
        file = tmp_path / "token"
        file.write_text(TOKEN, encoding="utf-8")
        async with World(organization(), credential=from_file("default", file)) as world:
            failure = world.job("usage").failure
            assert failure is not None
            assert failure.reason == "unauthorized"
            world.replace_secret(file, DEMO_TOKEN)
            await world.passes(seconds=10)
            assert world.job("usage").failure is None

    @in_virtual_time
    async def test_goes_on_with_what_it_has_while_the_file_is_away(self, tmp_path: Path) -> None:
        file = tmp_path / "token"
        file.write_text(DEMO_TOKEN, encoding="utf-8")
        async with World(organization(), credential=from_file("default", file)) as world:
            before = world.value("actions_used_minutes")
            file.unlink()
            await world.passes(minutes=20)
            failure = world.job("usage").failure
            assert failure is not None
            assert failure.reason == "unauthorized"
            assert before is not None
            assert world.value("actions_used_minutes") == before

    @in_virtual_time
    async def test_shows_the_token_to_github_alone(self, tmp_path: Path) -> None:
        async with World(organization(), credential=from_token("default", TOKEN)) as world:
            assert TOKEN not in world.text()
            assert {r.headers["authorization"] for r in world.github.requests} == {
                f"Bearer {TOKEN}"
            }

    @in_virtual_time
    async def test_asks_at_once_where_the_token_changed_while_an_attempt_was_under_way(
        self, tmp_path: Path
    ) -> None:
        file = tmp_path / "token"
        file.write_text(TOKEN, encoding="utf-8")
        world = World(organization(), credential=from_file("default", file))
        world.github.faults.add(Fault.slow(10, match="/billing/usage", times=1))
        async with world:
            await world.passes(seconds=4)
            file.write_text(DEMO_TOKEN, encoding="utf-8")
            await world.passes(seconds=4)
            assert world.job("usage").failure is None, "the attempt has not ended yet"
            await world.passes(seconds=8)
            assert world.job("usage").failure is None
            assert world.value("actions_used_minutes") is not None
            assert [r.status for r in world.github.requests if "/usage" in r.path] == [401, 200]

    @in_virtual_time
    async def test_tells_when_the_token_ends_for_as_long_as_github_does(self) -> None:
        world = World(organization())
        world.github.expires = START + timedelta(days=30)
        metric = "exporter_credential_expiration_timestamp_seconds"
        async with world:
            assert world.value(metric) == world.github.expires.timestamp()
            world.github.faults.add(Fault.cut_short(5))
            await world.passes(minutes=16)
            assert world.value(metric) is not None, "a broken answer must not remove it"
            world.github.faults.clear()
            world.github.expires = None
            await world.passes(minutes=32)
            assert world.value(metric) is None
