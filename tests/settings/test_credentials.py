"""Credentials in the settings: several, each with a name, accounts and a host."""

import os
from pathlib import Path

import pytest

from exporter.collectors import ALL
from exporter.settings import load, resolved
from tests.settings import CANARY, COLLECTORS, faults, in_file

KEY = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"

SEVERAL = """
github: {api_url: https://api.acme.ghe.com}
discover: {enabled: true, include: [acme*]}
credentials:
  - name: acme-token
    token_variable: ACME_TOKEN
    exclude: ["*-old"]
  - name: acme-app
    app: {id: 123456, private_key_variable: ACME_KEY}
    api_url: https://github.example.com/api/v3/
    api_version: 2022-11-28
    discover: false
accounts:
  - organization: acme
    credential: acme-token
  - organization: beta
    credential: acme-app
"""
ENVIRONMENT = {"ACME_TOKEN": CANARY, "ACME_KEY": KEY}


def told(tmp_path: Path, text: str, **environment: str) -> list[str]:
    file = tmp_path / "config.yaml"
    file.write_text(text, encoding="utf-8")
    said = faults({"config": {"file": str(file)}}, environment)
    return [line.replace(str(file), "FILE") for line in said]


class TestEntries:
    def test_they_fill_in_what_is_set_for_everyone(self, tmp_path: Path) -> None:
        settings = in_file(tmp_path, SEVERAL, COLLECTORS, ENVIRONMENT)
        token, app = resolved.credentials(settings)
        assert (token.name, token.variable, token.app_id) == ("acme-token", "ACME_TOKEN", None)
        assert (token.api_url, token.api_version) == ("https://api.acme.ghe.com", None)
        assert (token.discover, token.include, token.exclude) == (True, ("acme*",), ("*-old",))
        assert (app.name, app.variable, app.app_id) == ("acme-app", "ACME_KEY", "123456")
        assert app.api_url == "https://github.example.com/api/v3"
        assert (app.api_version, app.discover) == ("2022-11-28", False)

    def test_an_account_names_its_own(self, tmp_path: Path) -> None:
        settings = in_file(tmp_path, SEVERAL, COLLECTORS, ENVIRONMENT)
        assert [resolved.credential_of(settings, each) for each in resolved.accounts(settings)] == [
            "acme-token",
            "acme-app",
        ]

    def test_the_one_of_the_flags_is_the_default(self, tmp_path: Path) -> None:
        text = "users: [octo]\n" + SEVERAL
        environment = {**ENVIRONMENT, "GITHUB_BILLING_TOKEN": "another"}
        settings = in_file(tmp_path, text, COLLECTORS, environment)
        assert [each.name for each in resolved.credentials(settings)] == [
            "default",
            "acme-token",
            "acme-app",
        ]
        assert resolved.credential_of(settings, resolved.accounts(settings)[0]) == "default"

    def test_the_only_one_there_is_serves_everyone(self, tmp_path: Path) -> None:
        text = "users: [octo]\ncredentials: [{name: mine, token_variable: MY_TOKEN}]\n"
        environment = {"MY_TOKEN": CANARY, "GITHUB_TOKEN": "another"}
        settings = in_file(tmp_path, text, COLLECTORS, environment)
        assert resolved.credential_of(settings, resolved.accounts(settings)[0]) == "mine"

    def test_the_users_own_variables_may_begin_like_settings(self, tmp_path: Path) -> None:
        text = "credentials: [{name: mine, token_variable: GITHUB_BILLING_TOKEN_OF_ACME}]\n"
        environment = {"GITHUB_BILLING_TOKEN_OF_ACME": CANARY}
        assert resolved.credentials(in_file(tmp_path, text, COLLECTORS, environment))[0].given

    def test_discovery_counts_as_an_account(self, tmp_path: Path) -> None:
        text = "credentials: [{name: mine, token_variable: MY_TOKEN, discover: true}]\n"
        environment = {"MY_TOKEN": CANARY}
        assert resolved.accounts_configured(in_file(tmp_path, text, COLLECTORS, environment))
        assert resolved.accounts_configured(load({"discover": {"enabled": True}}, {}, COLLECTORS))


class TestFaults:
    def test_an_account_must_say_which_of_several(self, tmp_path: Path) -> None:
        assert told(tmp_path, "users: [octo]\n" + SEVERAL, **ENVIRONMENT) == [
            (
                "FILE:1: users: several credentials are configured: choose one for each account "
                "under accounts, such as credential: acme-token"
            )
        ]

    def test_a_credential_that_does_not_exist_is_one(self, tmp_path: Path) -> None:
        text = SEVERAL.replace("credential: acme-app", "credential: acme-ap")
        assert told(tmp_path, text, **ENVIRONMENT) == [
            "FILE:17: accounts[1].credential: no such credential: did you mean acme-app?"
        ]

    def test_a_variable_that_is_not_set_is_one(self, tmp_path: Path) -> None:
        assert told(tmp_path, SEVERAL, ACME_TOKEN=CANARY) == [
            "FILE:9: credentials[1].app.private_key_variable: this environment variable is not set"
        ]

    def test_a_name_stands_once_and_is_not_the_flags(self, tmp_path: Path) -> None:
        text = SEVERAL.replace("name: acme-app", "name: acme-token").split("accounts")[0]
        assert told(tmp_path, text, **ENVIRONMENT) == [
            ("FILE:8: credentials[1].name: already used by FILE:5: credentials[0]: choose another")
        ]
        text = "credentials: [{name: default, token_variable: ACME_TOKEN}]\n"
        assert told(tmp_path, text, **ENVIRONMENT) == [
            (
                "FILE:1: credentials[0].name: reserved for the credential of the github.* "
                "settings: choose another"
            )
        ]

    def test_an_account_on_two_hosts_is_one(self, tmp_path: Path) -> None:
        text = SEVERAL.replace("organization: beta", "organization: Acme")
        assert told(tmp_path, text, **ENVIRONMENT) == [
            (
                "FILE:16: accounts[1]: organization Acme is already configured by FILE:14: "
                "accounts[0]: remove one of the two"
            )
        ]

    @pytest.mark.parametrize(
        ("entry", "fault"),
        [
            ("{token_variable: T}", "[0]: name is required"),
            ("{name: a}", "[0]: must have exactly one of token_file, token_variable and app"),
            (
                "{name: a, token_file: f, app: {id: 1, private_key_file: f}}",
                "[0].app: must have exactly one of token_file, token_variable and app",
            ),
            (
                "{name: a, app: {id: 1}}",
                "[0].app: must have exactly one of private_key_file and private_key_variable",
            ),
            ("{name: a, app: {private_key_file: f}}", "[0].app: id is required"),
            (
                f"{{name: a, token_variable: {CANARY}}}",
                "[0].token_variable: must be the name of an environment variable",
            ),
            (
                f"{{name: {CANARY}, token_variable: T}}",
                "[0].name: must contain only letters, digits, hyphens and underscores",
            ),
            (
                "{name: a, token_variable: T, discover: sure}",
                "[0].discover: must be true or false",
            ),
            (
                "{name: a, token_variable: T, api_version: 3}",
                "[0].api_version: must be a string: put it in quotes",
            ),
            (
                "{name: a, token_variable: T, include: [a/b]}",
                "[0].include[0]: must be a name or a pattern with * and ?, such as acme-*",
            ),
            (
                "{name: a, token_variable: T, token: x}",
                "[0].token: no such key: did you mean token_file?",
            ),
        ],
    )
    def test_each_fault_of_an_entry_is_told_once(
        self, tmp_path: Path, entry: str, fault: str
    ) -> None:
        text = f"credentials: [{entry}]\naccounts: [{{user: octo, credential: a}}]\n"
        assert told(tmp_path, text, T="token") == [f"FILE:1: credentials{fault}"]


class TestFlags:
    def test_an_app_takes_its_key_from_a_file_or_the_environment(self, tmp_path: Path) -> None:
        environment = {"GITHUB_BILLING_APP_ID": "Iv23liABC", "GITHUB_BILLING_APP_PRIVATE_KEY": KEY}
        [value] = resolved.credentials(load({}, environment, ALL))
        assert value.app_id == "Iv23liABC"
        assert value.secret is not None
        assert value.secret.get_secret_value() == KEY.strip()
        (tmp_path / "key").write_text(KEY)
        flags = {"github": {"app_id": 12, "app_private_key_file": tmp_path / "key"}}
        [file] = resolved.credentials(load(flags, {"GITHUB_TOKEN": "another"}, ALL))
        assert (file.app_id, file.file, file.secret) == ("12", tmp_path / "key", None)

    def test_an_app_and_a_token_contradict_each_other(self) -> None:
        environment = {"GITHUB_BILLING_TOKEN": CANARY, "GITHUB_BILLING_APP_PRIVATE_KEY": KEY}
        assert faults({"github": {"app_id": "12"}}, environment) == (
            "--github.app-id: GITHUB_BILLING_TOKEN is also set: remove one of the two",
        )

    def test_id_and_key_need_each_other(self) -> None:
        [no_key] = faults({"github": {"app_id": "12"}})
        assert no_key.startswith("--github.app-id: the App's private key is missing: set ")
        [no_id] = faults({}, {"GITHUB_BILLING_APP_PRIVATE_KEY": KEY})
        assert no_id.startswith("GITHUB_BILLING_APP_PRIVATE_KEY: the App's ID is missing")

    def test_a_key_that_is_none_is_refused_unseen(self) -> None:
        environment = {"GITHUB_BILLING_APP_ID": "1", "GITHUB_BILLING_APP_PRIVATE_KEY": CANARY}
        assert faults({}, environment)[0] == (
            "GITHUB_BILLING_APP_PRIVATE_KEY: must be a private key in PEM format, including its "
            "BEGIN and END lines"
        )

    @pytest.mark.parametrize(
        ("environment", "secret"),
        [
            ({"GITHUB_BILLING_TOKEN": "\ufefftoken\r\n"}, "token"),
            ({"GITHUB_TOKEN": "\ufefftoken\r\n"}, "token"),
            (
                {
                    "GITHUB_BILLING_APP_ID": "1\r",
                    "GITHUB_BILLING_APP_PRIVATE_KEY": f"\ufeff{KEY}\r",
                },
                KEY.strip(),
            ),
        ],
    )
    def test_a_secret_is_taken_as_an_editor_of_windows_saves_it(
        self, environment: dict[str, str], secret: str
    ) -> None:
        [credential] = resolved.credentials(load({}, environment, ALL))
        assert credential.secret is not None
        assert credential.secret.get_secret_value() == secret

    @pytest.mark.parametrize("nothing", ["", " \r\n", "\ufeff", "\ufeff\r\n"])
    def test_a_secret_that_is_nothing_is_a_fault(self, nothing: str, tmp_path: Path) -> None:
        (tmp_path / "token").write_text(nothing)
        (of_file,) = faults({"github": {"token_file": tmp_path / "token"}})
        assert (
            of_file == f"--github.token-file: {tmp_path}/token is empty: it must contain the token"
        )
        text = "credentials: [{name: mine, token_variable: MINE}]\n"
        assert told(tmp_path, text, MINE=nothing) == [
            "FILE:1: credentials[0].token_variable: this environment variable is not set"
        ]

    @pytest.mark.parametrize(
        ("name", "others"), [("token_file", {}), ("app_private_key_file", {"app_id": "1"})]
    )
    def test_a_secret_that_can_be_read_but_once_is_refused(
        self, name: str, others: dict[str, str]
    ) -> None:
        reader, writer = os.pipe()
        with os.fdopen(reader, "rb"), os.fdopen(writer, "wb") as pipe:
            pipe.write(CANARY.encode())
            pipe.close()
            given = {name: f"/dev/fd/{reader}", **others}
            [fault] = faults({"organizations": ["acme"], "github": given})
        place = f"--github.{name.replace('_', '-')}"
        assert (
            fault == f"{place}: cannot read /dev/fd/{reader}: it is a pipe, a directory or a device"
        )

    def test_a_switch_is_on_by_any_spelling_of_the_environment(self) -> None:
        assert load({}, {"GITHUB_BILLING_DISCOVER": "true"}, ALL).discover.enabled
        assert faults({}, {"GITHUB_BILLING_DISCOVER": "perhaps"}) == (
            "GITHUB_BILLING_DISCOVER: must be true or false",
        )


LABELS = {
    "-----BEGIN PUBLIC KEY-----": "not a public key: use the file that GitHub sent",
    "ssh-rsa AAAA": "not a public key: use the file that GitHub sent",
    "-----BEGIN OPENSSH PRIVATE KEY-----": "not a key for SSH: use the file that GitHub sent",
    "-----BEGIN ENCRYPTED PRIVATE KEY-----": "without a password",
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED": "without a password",
    "-----BEGIN CERTIFICATE-----": "not a certificate",
    "MIIE": "including its BEGIN and END lines",
}


class TestTheContentOfASecretFile:
    @pytest.mark.parametrize(("content", "fault"), LABELS.items(), ids=LABELS)
    def test_is_called_by_its_name_if_it_is_no_private_key(
        self, content: str, fault: str, tmp_path: Path
    ) -> None:
        file = tmp_path / "key.pem"
        file.write_text(content)
        given = {"github": {"app_id": "1", "app_private_key_file": file}}
        wanted = f"{file} must contain a private key in PEM format, {fault}"
        assert faults(given) == (f"--github.app-private-key-file: {wanted}",)

    @pytest.mark.parametrize(
        ("content", "fault"),
        [
            (f"GITHUB_TOKEN = {CANARY}", "without spaces or line breaks"),
            ("-----BEGIN RSA PRIVATE KEY-----", "not a key or a certificate"),
            (f"'{CANARY}'", "without quotes"),
        ],
    )
    def test_must_be_the_token_alone(self, content: str, fault: str, tmp_path: Path) -> None:
        file = tmp_path / "token"
        file.write_text(content)
        assert faults({"github": {"token_file": file}}) == (
            f"--github.token-file: {file} must contain only the token, {fault}",
        )


class TestADoubtfulAddress:
    @pytest.mark.parametrize(
        ("url", "doubtful"),
        [
            ("https://github.example.com", True),
            ("https://github.example.com/", True),
            ("https://github.example.com/api/v3", False),
            ("https://api.github.com", False),
            ("https://api.acme.ghe.com", False),
            ("http://127.0.0.1:8080", False),
        ],
    )
    def test_has_no_path_of_an_enterprise_server(self, url: str, doubtful: bool) -> None:
        settings = load({"github": {"api_url": url}}, {"GITHUB_BILLING_TOKEN": CANARY}, ALL)
        found = resolved.doubts(settings)
        assert [url.rstrip("/") + "/api/v3" in doubt for doubt in found] == [True] * doubtful
