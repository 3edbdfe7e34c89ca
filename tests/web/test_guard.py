"""The web configuration file: authentication, headers and reloading."""

import asyncio
import threading
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from structlog.typing import EventDict

from exporter.files import Watcher
from exporter.web.application import PLAIN, Receive, Scope, Send, answer
from exporter.web.guard import LiveWebConfig
from exporter.web.token_bucket import TokenBucket
from tests.support.certificates import PASSWORD, TLS, USERS, Certificates

AUTH = ("alice", PASSWORD)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    await answer(send, 200, PLAIN, scope["path"].encode(), (b"x-frame-options", b"own"))


class Guarded:
    """Application behind a web configuration file that the test may change."""

    def __init__(self, folder: Path, text: str) -> None:
        self.path = folder / "web.yml"
        self.path.write_text(text)
        self.file = LiveWebConfig(self.path)
        self._guarded = self.file.guard(application)

    def ask(
        self, path: str = "/metrics", auth: tuple[str, str] | None = None, **options: object
    ) -> httpx.Response:
        async def asking() -> httpx.Response:
            transport = httpx.ASGITransport(self._guarded)
            async with httpx.AsyncClient(transport=transport, base_url="http://exporter") as client:
                return await client.request(
                    str(options.get("method", "GET")),
                    path,
                    auth=auth,
                    headers=options.get("headers"),  # type: ignore[arg-type]
                )

        return asyncio.run(asking())

    def change(self, text: str) -> list[EventDict]:
        """Change the file, reload it and return the log entries."""
        scratch = self.path.with_suffix(".new")
        scratch.write_text(text)
        scratch.rename(self.path)
        return self.looked()

    def looked(self) -> list[EventDict]:
        with structlog.testing.capture_logs() as logs:
            self.file.look()
        return list(logs)


class TestPasswords:
    def test_the_page_is_for_those_with_a_password(self, tmp_path: Path) -> None:
        guarded = Guarded(tmp_path, USERS)
        assert guarded.ask(auth=AUTH).text == "/metrics"
        assert guarded.ask("/", auth=AUTH).status_code == 200

    @pytest.mark.parametrize("path", ["/", "/metrics", "/nowhere", "/healthz/", "//healthz"])
    @pytest.mark.parametrize("auth", [None, ("alice", "wrong"), ("mallory", PASSWORD)])
    def test_others_are_told_how_to_come_in_and_no_more(
        self, tmp_path: Path, path: str, auth: tuple[str, str] | None
    ) -> None:
        answered = Guarded(tmp_path, USERS).ask(path, auth=auth)
        assert answered.status_code == 401
        assert answered.headers["www-authenticate"].startswith("Basic realm=")
        assert path not in answered.text or path == "/"
        assert "x-frame-options" not in answered.headers

    @pytest.mark.parametrize("path", ["/healthz", "/readyz"])
    def test_probes_need_none(self, tmp_path: Path, path: str) -> None:
        assert Guarded(tmp_path, USERS).ask(path).text == path

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "Basic",
            "Basic ",
            "Basic %%%",
            "Basic YWxpY2U=",  # no password
            "Bearer YWxpY2U6eA==",
            "Basic YWxpY2U6eA== YWxpY2U6eA==",
        ],
    )
    def test_what_is_no_name_and_password_is_refused(self, tmp_path: Path, value: str) -> None:
        answered = Guarded(tmp_path, USERS).ask(headers={"authorization": value})
        assert answered.status_code == 401

    def test_two_answers_to_the_question_are_none(self, tmp_path: Path) -> None:
        right = httpx.BasicAuth(*AUTH)._auth_header
        guarded = Guarded(tmp_path, USERS)
        assert guarded.ask(headers={"authorization": right}).status_code == 200
        twice = [("authorization", right), ("authorization", right)]
        assert guarded.ask(headers=twice).status_code == 401

    def test_head_is_refused_without_a_body(self, tmp_path: Path) -> None:
        answered = Guarded(tmp_path, USERS).ask(method="HEAD")
        assert (answered.status_code, answered.content) == (401, b"")

    def test_a_flood_of_guesses_is_told_to_come_again(self, tmp_path: Path) -> None:
        guarded = LiveWebConfig(Guarded(tmp_path, USERS).path).guard(application)
        statuses: list[int] = []

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        async def receive() -> MutableMapping[str, Any]:
            raise AssertionError("no answer depends on a body")

        async def flood() -> None:
            guesses = (httpx.BasicAuth("alice", f"{n}")._auth_header for n in range(150))
            scopes = [
                {
                    "type": "http",
                    "method": "GET",
                    "path": "/metrics",
                    "headers": [(b"authorization", guess.encode())],
                }
                for guess in guesses
            ]
            await asyncio.gather(*(guarded(scope, receive, send) for scope in scopes))

        asyncio.run(flood())
        assert (statuses.count(503), statuses.count(401)) == (50, 100)

    def test_without_users_nobody_is_asked(self, tmp_path: Path) -> None:
        assert Guarded(tmp_path, "").ask().status_code == 200


class TestHeaders:
    HEADERS = (
        "http_server_config:\n  headers:\n    X-Frame-Options: deny\n"
        "    Strict-Transport-Security: max-age=60\n    X-XSS-Protection: ''\n"
    )

    @pytest.mark.parametrize("path", ["/metrics", "/healthz"])
    def test_stand_on_every_answer_in_place_of_our_own(self, tmp_path: Path, path: str) -> None:
        headers = Guarded(tmp_path, self.HEADERS).ask(path).headers
        assert headers.get_list("x-frame-options") == ["deny"]
        assert headers["strict-transport-security"] == "max-age=60"
        assert headers["x-content-type-options"] == "nosniff"
        assert "x-xss-protection" not in headers

    def test_stand_on_a_refusal_too(self, tmp_path: Path) -> None:
        answered = Guarded(tmp_path, self.HEADERS + USERS).ask()
        assert (answered.status_code, answered.headers["x-frame-options"]) == (401, "deny")


class TestRateLimit:
    LIMITED = "rate_limit: {interval: 1h, burst: 2}\n"

    def test_lets_a_burst_through_and_then_nothing_but_probes(self, tmp_path: Path) -> None:
        guarded = Guarded(tmp_path, self.LIMITED)
        assert [guarded.ask().status_code for _ in range(4)] == [200, 200, 429, 429]
        assert guarded.ask(method="HEAD").content == b""
        assert guarded.ask("/healthz").status_code == guarded.ask("/readyz").status_code == 200

    def test_counts_those_who_guess(self, tmp_path: Path) -> None:
        guarded = Guarded(tmp_path, self.LIMITED + USERS)
        assert [guarded.ask().status_code for _ in range(3)] == [401, 401, 429]
        assert guarded.ask(auth=AUTH).status_code == 429

    def test_with_a_burst_of_0_lets_nobody_in_as_in_go(self, tmp_path: Path) -> None:
        assert Guarded(tmp_path, "rate_limit: {interval: 1s}").ask().status_code == 429

    @pytest.mark.parametrize("interval", ["0", "0s"])
    def test_of_interval_0_is_none(self, tmp_path: Path, interval: str) -> None:
        guarded = Guarded(tmp_path, f"rate_limit: {{interval: {interval}, burst: 0}}")
        assert {guarded.ask().status_code for _ in range(10)} == {200}

    def test_begins_anew_when_it_changes(self, tmp_path: Path) -> None:
        guarded = Guarded(tmp_path, self.LIMITED)
        assert [guarded.ask().status_code for _ in range(3)][-1] == 429
        guarded.change(self.LIMITED + TestChange.HEADERS)
        assert guarded.ask().status_code == 429
        guarded.change(self.LIMITED.replace("2", "3"))
        assert [guarded.ask().status_code for _ in range(4)] == [200, 200, 200, 429]

    def test_gives_a_token_back_each_interval(self) -> None:
        now = [100.0]
        bucket = TokenBucket(2, 3, lambda: now[0])
        assert [bucket.take() for _ in range(4)] == [True, True, True, False]
        now[0] += 1.9
        assert not bucket.take()
        now[0] += 0.2
        assert [bucket.take(), bucket.take()] == [True, False]
        now[0] += 3600
        assert [bucket.take() for _ in range(4)] == [True, True, True, False]


class TestChange:
    def test_is_taken_at_the_next_look(self, tmp_path: Path) -> None:
        guarded = Guarded(tmp_path, "")
        [told] = guarded.change(USERS)
        assert (told["log_level"], told["event"]) == ("info", "web configuration file reloaded")
        assert guarded.ask().status_code == 401
        assert guarded.ask(auth=AUTH).status_code == 200
        guarded.change(USERS.replace("alice", "bob"))
        assert guarded.ask(auth=AUTH).status_code == 401

    def test_that_is_broken_leaves_the_last_good_one_and_is_told_once(self, tmp_path: Path) -> None:
        guarded = Guarded(tmp_path, USERS)
        [told] = guarded.change(USERS + "basic_auth_user: {}\n")
        assert told["log_level"] == "error"
        assert told["detail"] == (
            f"{guarded.path}:3: basic_auth_user: no such key: did you mean basic_auth_users?"
        )
        assert guarded.looked() == []
        assert guarded.ask().status_code == 401
        assert guarded.ask(auth=AUTH).status_code == 200
        [told] = guarded.change("basic_auth_users: {bob: secret}\n")
        assert "secret" not in str(told)

    def test_that_takes_the_file_away_leaves_the_last_good_one(self, tmp_path: Path) -> None:
        guarded = Guarded(tmp_path, USERS)
        guarded.path.unlink()
        [told] = guarded.looked()
        assert (
            told["detail"]
            == f"{guarded.path}: cannot read {guarded.path}: No such file or directory"
        )
        assert guarded.ask().status_code == 401
        [told] = guarded.change(USERS)
        assert told["log_level"] == "info"

    HEADERS = "http_server_config: {headers: {X-Frame-Options: deny}}\n"

    @pytest.mark.parametrize("text", ["", "# all of it\n", "{}", "\n"])
    @pytest.mark.parametrize("before", [USERS, HEADERS, TLS], ids=["users", "headers", "tls"])
    def test_that_leaves_nothing_in_it_is_a_fault_told_once(
        self, tmp_path: Path, before: str, text: str
    ) -> None:
        Certificates(tmp_path)
        guarded = Guarded(tmp_path, before)
        held = guarded.file.current()
        [told] = guarded.change(text)
        assert (told["log_level"], told["event"]) == ("error", "web configuration file not loaded")
        assert told["detail"] == (
            f"{guarded.path}: is empty: to remove settings, leave sections empty: "
            "basic_auth_users: {}"
        )
        assert guarded.looked() == []
        assert guarded.file.current() is held
        assert not guarded.file.taken
        guarded.change(before)
        assert guarded.file.taken

    def test_that_comments_the_users_out_leaves_the_page_closed(self, tmp_path: Path) -> None:
        guarded = Guarded(tmp_path, self.HEADERS + USERS)
        [told] = guarded.change(self.HEADERS + USERS.replace("basic", "#").replace("  alice", "#"))
        assert told["detail"] == (
            f"{guarded.path}: has no users any more: to remove passwords, write "
            "basic_auth_users: {}"
        )
        assert guarded.ask().status_code == 401
        assert guarded.ask(auth=AUTH).status_code == 200

    def test_that_says_that_there_are_no_users_opens_it(self, tmp_path: Path) -> None:
        guarded = Guarded(tmp_path, USERS)
        guarded.change("basic_auth_users: {}\n")
        assert guarded.ask().status_code == 200
        assert guarded.file.taken

    def test_that_is_never_read_leaves_the_last_good_one_and_is_told_once(
        self, tmp_path: Path
    ) -> None:
        guarded = Guarded(tmp_path, USERS)
        end = threading.Event()

        def hang() -> None:
            end.wait()

        guarded.file.watch(lambda _: Watcher(hang, patience=0.01))
        with structlog.testing.capture_logs() as logs:
            assert guarded.ask().status_code == 401
            assert guarded.ask(auth=AUTH).status_code == 200
        end.set()
        [told] = logs
        assert told["detail"] == f"{guarded.path}: it could not be read within 0.01 s"
        assert not guarded.file.taken

    def test_cannot_turn_tls_on(self, tmp_path: Path) -> None:
        Certificates(tmp_path)
        guarded = Guarded(tmp_path, USERS)
        [told] = guarded.change(TLS + USERS)
        assert "requires a restart" in told["detail"]
        assert guarded.ask().status_code == 401

    def test_of_a_certificate_waits_for_its_key(self, tmp_path: Path) -> None:
        certificates = Certificates(tmp_path)
        guarded = Guarded(tmp_path, TLS)
        first, old_key = guarded.file.current().tls, (tmp_path / "server.key").read_bytes()
        certificates.issue_server()
        new_key = (tmp_path / "server.key").read_bytes()
        certificates.write("server.key", old_key)
        [told] = guarded.looked()
        assert told["detail"].endswith("key_file: does not match the certificate")
        assert guarded.file.current().tls is first
        certificates.write("server.key", new_key)
        [told] = guarded.looked()
        assert told["log_level"] == "info"
        assert guarded.file.current().tls is not first

    def test_what_is_wanted_and_not_done_is_told(self, tmp_path: Path) -> None:
        guarded = Guarded(tmp_path, "")
        _, told = guarded.change("http_server_config:\n  http2: true\n")
        assert told["log_level"] == "warning"
        assert told["detail"] == (
            f"{guarded.path}:2: http_server_config.http2: HTTP/2 is not supported: clients use "
            "HTTP/1.1 instead"
        )
