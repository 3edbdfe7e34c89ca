"""A GitHub App: its key, its JWT, and its installation tokens."""

import asyncio
import re
from pathlib import Path

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as elliptic
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from exporter.accounts import Account, AccountType
from exporter.github.errors import Barred, InvalidPayload, NotFound, Unauthorized
from tests.support.accounts import ACME
from tests.support.app_server import APP_ID, KEYS, PKCS1, PKCS8, Asking, asking, pem
from tests.support.scripted_github import everything_told
from tests.support.world import START

CANARY = "CANARYCANARYCANARYCANARYCANARYCANARY"


class TestKey:
    @pytest.mark.parametrize("form", [PKCS1, PKCS8])
    @pytest.mark.parametrize("line_end", ["\n", "\r\n", "\\n", "\\r\\n"])
    @pytest.mark.parametrize("mark", ["", "\ufeff"])
    def test_both_forms_make_a_jwt_as_github_wants_it(
        self, key_file: Path, form: PrivateFormat, line_end: str, mark: str
    ) -> None:
        key_file.write_bytes((mark + pem(form=form).replace("\n", line_end)).encode())

        async def scenario(app: Asking) -> None:
            await app.ask()
            [shown] = set(app.server.jwts)
            claims = jwt.decode(
                shown, KEYS[0].public_key(), ["RS256"], {"verify_exp": False, "verify_iat": False}
            )
            now = int(START.timestamp())
            assert claims == {"iss": APP_ID, "iat": now - 60, "exp": now + 540}

        asking(key_file, scenario)

    @pytest.mark.parametrize(
        "content",
        [
            f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n",
            CANARY,
            KEYS[0].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            elliptic(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            KEYS[0].private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(CANARY.encode())
            ),
        ],
        ids=["broken", "none", "public", "elliptic", "encrypted"],
    )
    def test_what_can_be_no_key_is_unauthorized_in_one_line_that_does_not_repeat_it(
        self, key_file: Path, content: str | bytes
    ) -> None:
        text = content if isinstance(content, str) else content.decode()

        async def scenario(app: Asking) -> None:
            app.put_key(text)
            error = await app.failure()
            assert isinstance(error, Unauthorized)
            said = f"{error} {error.hint_for('')}"
            told = "credential default: (must be a private|not an RSA|not a private) key"
            assert re.search(told, said)
            assert "\n" not in said
            assert not any(line in said for line in text.splitlines())
            assert error.__cause__ is None

        asking(key_file, scenario)

    def test_a_key_that_github_does_not_know_is_unauthorized(self, key_file: Path) -> None:
        key_file.write_text(pem(KEYS[1]))

        async def scenario(app: Asking) -> None:
            error = await app.failure()
            assert (error.reason, error.status) == ("unauthorized", 401)
            assert "private key" in error.hint_for("")

        asking(key_file, scenario)

    def test_a_changed_file_is_used_at_once_and_counts_as_a_new_credential(
        self, key_file: Path
    ) -> None:
        async def scenario(app: Asking) -> None:
            await app.ask()
            before = app.version
            app.server.key = KEYS[1]
            app.put_key(pem(KEYS[1], PKCS8))
            await app.ask()
            assert app.version == before + 1
            assert app.server.given() == 2

        asking(key_file, scenario)

    def test_an_unreadable_file_is_told_and_forgiven(self, key_file: Path) -> None:
        async def scenario(app: Asking) -> None:
            await app.ask()
            app.put_key(None)
            error = await app.failure()
            assert isinstance(error, Unauthorized)
            assert f"cannot read {key_file}: " in str(error)
            app.put_key(pem())
            await app.ask()

        asking(key_file, scenario)

    def test_a_jwt_is_renewed_before_it_ends(self, key_file: Path) -> None:
        async def scenario(app: Asking) -> None:
            own = app.clients.own("default").credential
            first = await own.read()
            await asyncio.sleep(400)
            assert await own.read() == first
            await asyncio.sleep(100)
            assert (await own.read()).value != first.value

        asking(key_file, scenario)


class TestInstallation:
    @pytest.mark.parametrize(
        ("kind", "path"),
        [
            (AccountType.ORGANIZATION, "/orgs/acme/installation"),
            (AccountType.USER, "/users/acme/installation"),
            (AccountType.ENTERPRISE, "/enterprises/acme/installation"),
        ],
    )
    def test_is_looked_up_once_by_the_type_of_account(
        self, key_file: Path, kind: AccountType, path: str
    ) -> None:
        async def scenario(app: Asking) -> None:
            for _ in range(3):
                await app.ask(Account(kind, "acme"))
                await asyncio.sleep(3600)
            assert app.server.asked[f"GET {path}"] == 1

        asking(key_file, scenario)

    def test_its_token_is_kept_until_five_minutes_before_its_end(self, key_file: Path) -> None:
        async def scenario(app: Asking) -> None:
            await app.ask()
            await asyncio.sleep(55 * 60 - 1)
            await app.ask()
            assert app.server.given() == 1
            await asyncio.sleep(1)
            await app.ask()
            assert app.server.given() == 2

        asking(key_file, scenario)

    def test_a_renewed_token_is_no_new_credential(self, key_file: Path) -> None:
        async def scenario(app: Asking) -> None:
            await app.ask()
            before = app.version
            await asyncio.sleep(3600)
            await app.ask()
            assert (app.version, app.server.given()) == (before, 2)

        asking(key_file, scenario)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("expires_at", "2026-10-12T10:30:00"),
            ("expires_at", "0001-01-01T00:00:00Z"),
            ("expires_at", "0001-01-01T00:00:00+23:59"),
            ("expires_at", "2026-10-12T09:29:59Z"),
            ("expires_at", "9999-12-31T23:59:60Z"),
            ("expires_at", None),
            ("token", f"ghs_ {CANARY}"),
            ("token", f"ghs_{CANARY}\n"),
            ("token", f"ghs_\r\nx-canary: {CANARY}"),
            ("token", f"ghs_é{CANARY}"),
            ("token", f"ghs_\x00{CANARY}"),
            ("token", ""),
            ("token", None),
        ],
    )
    def test_a_token_that_cannot_be_used_is_an_invalid_payload_until_another_comes(
        self, key_file: Path, field: str, value: str | None
    ) -> None:
        async def scenario(app: Asking) -> None:
            app.server.said = {field: value}
            error = await app.failure()
            assert isinstance(error, InvalidPayload)
            assert f"`$.{field}`" in str(error)
            assert CANARY not in everything_told(error)
            assert app.server.given() == 1
            assert app.exchanges[-1].endpoint.endswith("/access_tokens")
            app.server.said.clear()
            await app.ask()

        asking(key_file, scenario)

    def test_twenty_who_need_it_at_once_cause_one_renewal(self, key_file: Path) -> None:
        async def scenario(app: Asking) -> None:
            for renewals in (1, 2):
                async with asyncio.TaskGroup() as tasks:
                    for _ in range(20):
                        tasks.create_task(app.ask())
                assert app.server.given() == renewals
                await asyncio.sleep(3600)

        asking(key_file, scenario)

    def test_twenty_who_are_refused_at_once_cause_one_renewal(self, key_file: Path) -> None:
        async def scenario(app: Asking) -> None:
            await app.ask()
            app.server.revoked |= set(app.server.tokens)
            async with asyncio.TaskGroup() as tasks:
                for _ in range(20):
                    tasks.create_task(app.ask())
            assert app.server.given() == 2

        asking(key_file, scenario)

    def test_a_token_that_is_always_refused_is_renewed_once_an_attempt(
        self, key_file: Path
    ) -> None:
        async def scenario(app: Asking) -> None:
            error = await app.failure()
            assert isinstance(error, Unauthorized)
            assert app.server.given() == 2

        asking(key_file, scenario, rest=lambda _: httpx.Response(401, json={}))

    def test_one_who_is_refused_late_does_not_renew_again(self, key_file: Path) -> None:
        async def scenario(app: Asking) -> None:
            credential = app.clients.of_account("default", ACME).credential
            old = await credential.read()
            for _ in range(2):
                assert credential.refused(old)
                new = await credential.read()
            assert new.value != old.value
            assert app.server.given() == 2

        asking(key_file, scenario)

    def test_an_account_without_it_is_not_found(self, key_file: Path) -> None:
        async def scenario(app: Asking) -> None:
            error = await app.failure(Account(AccountType.ORGANIZATION, "other"))
            assert isinstance(error, NotFound)
            assert "the App is not installed on the account" in str(error)
            app.server.installed["other"] = 8
            await app.ask(Account(AccountType.ORGANIZATION, "other"))

        asking(key_file, scenario)

    def test_one_that_was_installed_anew_is_looked_up_again(self, key_file: Path) -> None:
        async def scenario(app: Asking) -> None:
            await app.ask()
            app.server.installed["acme"] = 9
            await asyncio.sleep(3600)
            assert isinstance(await app.failure(), NotFound)
            await app.ask()
            assert app.server.asked["GET /orgs/acme/installation"] == 2

        asking(key_file, scenario)

    def test_a_suspended_one_is_barred(self, key_file: Path) -> None:
        async def scenario(app: Asking) -> None:
            error = await app.failure()
            assert isinstance(error, Barred)
            assert "the App's installation is suspended" in str(error)

        asking(key_file, scenario, suspended={7})
