"""The settings: accepted values, faults reported all at once, and the list of options."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from exporter.collectors import ALL
from exporter.settings import (
    ListenAddress,
    Settings,
    SettingsError,
    load,
    options,
    resolved,
)
from exporter.settings.durations import format_duration, parse_duration
from tests.settings import (
    BAD,
    CANARY,
    COLLECTORS,
    HOUR,
    MINUTE,
    NOT_A_NAME,
    ONE,
    any_faults,
    faults,
)


class TestFaults:
    @pytest.mark.parametrize("file", BAD, ids=[file.stem for file in BAD])
    def test_each_bad_file_has_its_one_fault(self, file: Path) -> None:
        first, *_ = file.read_text(encoding="utf-8", errors="replace").splitlines()
        expected = first.removeprefix("# ").replace("FILE", str(file))
        expected = expected.replace("CWD", str(Path.cwd())).replace("HOME", str(Path.home()))
        assert faults({"config": {"file": str(file)}}) == (f"{file}:{expected}",)

    @pytest.mark.parametrize(
        ("flags", "told"),
        [
            ({"users": ["mona"], "collectors": ["budgets"]}, "does not support user accounts"),
            ({"users": ["mona"], "organizations": ["acme"], "collectors": ["budgets"]}, ""),
            ({"discover": {"enabled": True}, "collectors": ["budgets"]}, ""),
            (
                {"discover": {"enabled": True}, "collectors": ["licenses"]},
                "does not support organization accounts",
            ),
            (
                {
                    "discover": {"enabled": True},
                    "github": {"app_id": "1"},
                    "collectors": ["licenses"],
                },
                "",
            ),
            (
                {
                    "users": ["mona"],
                    "github": {"api_url": "https://github.example.com/api/v3"},
                },
                "no collector can read user mona: each is not available on Enterprise Server",
            ),
            (
                {
                    "organizations": ["acme"],
                    "github": {"api_url": "https://github.example.com/api/v3"},
                    "collectors": ["budgets"],
                },
                "is not available on Enterprise Server",
            ),
            (
                {"users": ["mona"], "platform": "usage", "collectors": ["legacy_actions"]},
                "reads the legacy platform, which platform excludes",
            ),
        ],
    )
    def test_a_collector_that_no_account_can_have_is_one(
        self, flags: Mapping[str, object], told: str
    ) -> None:
        found: Sequence[str] = ()
        try:
            load(flags, {}, ALL)
        except SettingsError as error:  # some lack a key
            found = [each for each in error.faults if "collector" in each]
        assert [told in each for each in found] == ([True] if told else [])

    def test_all_are_told_at_once(self, tmp_path: Path) -> None:
        file = tmp_path / "config.yaml"
        file.write_text(
            "platform: new\n"
            "polls: {}\n"
            "accounts:\n"
            "  - organization: a/b\n"
            "  - user: octo\n"
            "    platform: old\n"
            "    collectors: [budgtes]\n"
            "  - user: OCTO\n",
            encoding="utf-8",
        )
        first = f"{file}:5: accounts[1]"
        flags = {"config": {"file": file}, "poll": {"interval": "soon"}}
        environment = {"GITHUB_BILLING_USERS": "x, y z", "GITHUB_BILLING_LOGLEVEL": "info"}
        assert faults(flags, environment) == (
            "GITHUB_BILLING_LOGLEVEL: no such setting: did you mean GITHUB_BILLING_LOG_LEVEL?",
            f"GITHUB_BILLING_USERS, item 2: {NOT_A_NAME}",
            "--poll.interval: must be a duration such as 90s, 15m, 1h30m or 1d",
            f"{file}:1: platform: must be 'auto', 'legacy' or 'usage'",
            f"{file}:4: accounts[0].organization: {NOT_A_NAME}",
            f"{file}:6: accounts[1].platform: must be 'auto', 'legacy' or 'usage'",
            f"{file}:2: polls: no such key: did you mean poll?",
            f"{file}:8: accounts[2]: user OCTO is already configured by {first}: {ONE}",
            f"{file}:7: accounts[1].collectors[0]: no such collector: did you mean budgets?",
        )

    def test_a_duration_at_fault_does_not_bring_others_into_doubt(self) -> None:
        poll = {"interval": "1x", "stale_after": "5m"}
        assert len(faults({"poll": poll, "organizations": ["acme"]})) == 1

    def test_a_file_that_cannot_be_read_says_why(self, tmp_path: Path) -> None:
        missing = tmp_path / "missing.yaml"
        assert faults({"config": {"file": str(missing)}}) == (
            f"--config.file: cannot read {missing}: No such file or directory",
        )

    def test_a_path_that_is_none_is_told_as_one(self) -> None:
        assert faults({"config": {"file": "a\0b"}}) == ("--config.file: must be a valid file path",)

    @pytest.mark.parametrize("depth", [20, 10_000])
    def test_deep_nesting_is_a_fault(self, tmp_path: Path, depth: int) -> None:
        file = tmp_path / "config.yaml"
        file.write_text("users: " + "[" * depth + "]" * depth, encoding="utf-8")
        assert "is nested too deeply" in " ".join(faults({"config": {"file": str(file)}}))

    def test_a_flag_that_does_not_exist_is_a_fault(self) -> None:
        assert faults({"poll": {"intervall": "5m"}}) == (
            "flag poll.intervall: no such key: did you mean interval?",
        )

    def test_a_variable_with_an_unprintable_name_is_told_on_one_line(self) -> None:
        [fault] = faults({}, {"GITHUB_BILLING_\nTOKEN": CANARY})
        assert "\n" not in fault

    def test_no_account_is_no_fault(self) -> None:
        assert not resolved.accounts_configured(load({}, {}, COLLECTORS))
        assert resolved.accounts_configured(load({"users": ["octo"]}, {}, COLLECTORS))

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.text(max_size=3)
                    | st.sampled_from(
                        ["accounts", "organization", "interval", "collector_settings"]
                        + [option.path[0] for option in options()]
                    ),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=12,
        )
    )
    def test_no_file_raises_anything_else(
        self, tmp_path_factory: pytest.TempPathFactory, document: object
    ) -> None:
        file = tmp_path_factory.getbasetemp() / "arbitrary.yaml"
        file.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
        assert all(fault and "\n" not in fault for fault in any_faults(file))

    @given(st.text() | st.binary())
    def test_no_text_raises_anything_else(
        self, tmp_path_factory: pytest.TempPathFactory, text: str | bytes
    ) -> None:
        file = tmp_path_factory.getbasetemp() / "arbitrary.yaml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode(errors="replace"))
        assert all(fault and "\n" not in fault for fault in any_faults(file))


class TestValues:
    @pytest.mark.parametrize(
        ("text", "address"),
        [
            (":9877", ("", 9877)),
            ("127.0.0.1:0", ("127.0.0.1", 0)),
            ("localhost:65535", ("localhost", 65535)),
            ("[::1]:9877", ("::1", 9877)),
        ],
    )
    def test_a_listen_address_is_taken_apart_and_written_back(
        self, text: str, address: tuple[str, int]
    ) -> None:
        listen = load({"web": {"listen_address": text}}, {}, ()).web.listen_address
        assert listen == ListenAddress(*address)
        assert str(listen) == text

    def test_an_account_without_any_collector_is_a_fault(self) -> None:
        every = [each.name for each in COLLECTORS]
        [fault] = faults({"organizations": ["acme"], "no_collectors": every})
        assert fault == (
            "--organization: every collector is excluded for organization acme: "
            "keep one, or remove the account"
        )

    @pytest.mark.parametrize("text", ["9877", "::1:98", "[x]:1", "a b:1", ":", "h/x:1", ":123456"])
    def test_other_listen_addresses_are_faults(self, text: str) -> None:
        [fault] = faults({"web": {"listen_address": text}})
        assert fault.startswith("--web.listen-address: must be host:port")

    @pytest.mark.parametrize(
        "url",
        ["https://github.example.com/api/v3", "http://127.0.0.1:8080", "http://[::1]:1/api/v3"],
    )
    def test_an_api_url_loses_its_last_slash_only(self, url: str) -> None:
        assert load({"github": {"api_url": f"{url}/"}}, {}, ()).github.api_url == url

    @pytest.mark.parametrize("name", ["acme", "Acme-2", "octo_acme", "9"])
    def test_names_are_those_of_github(self, name: str) -> None:
        assert load({"organizations": [name]}, {}, ()).organizations == (name,)

    @pytest.mark.parametrize("name", ["", "a b", "-a", "a/b", "é", "a" * 40, CANARY])
    def test_other_names_are_faults(self, name: str) -> None:
        [fault] = faults({"organizations": [name]})
        assert fault.startswith("--organization: must be a name")

    def test_a_quota_is_a_number_in_any_spelling(self) -> None:
        environment = {"GITHUB_BILLING_QUOTA_ACTIONS_MINUTES": "5e4"}
        assert load({}, environment, ()).quota.actions_minutes == 50000

    def test_a_direct_build_takes_what_load_takes_and_looks_nowhere_else(self) -> None:
        built = Settings(poll={"interval": MINUTE}, web={"listen_address": ListenAddress("", 1)})
        assert built.poll.interval == parse_duration("1m")
        assert built.web.listen_address.port == 1


class TestOptions:
    def test_each_is_described_and_spelled_once(self) -> None:
        flags = [option.flag for option in options() if option.flag]
        names = [name for option in options() for name in option.environment]
        assert len(set(flags)) == len(flags)
        assert len(set(names)) == len(names)
        assert all(option.description.endswith(".") for option in options())
        assert all(bool(option.metavar) != option.switch for option in options())

    def test_only_secrets_are_no_flags(self) -> None:
        assert [option.path for option in options() if not option.flag] == [
            ("github", "token"),
            ("github", "app_private_key"),
        ]

    @pytest.mark.parametrize(
        ("path", "flag", "environment", "default"),
        [
            ("organizations", "--organization", "GITHUB_BILLING_ORGANIZATIONS", ""),
            ("enterprises", "--enterprise", "GITHUB_BILLING_ENTERPRISES", ""),
            ("github.token_file", "--github.token-file", "GITHUB_BILLING_TOKEN_FILE", ""),
            ("no_collectors", "--no-collector", "GITHUB_BILLING_NO_COLLECTORS", ""),
            ("discover.enabled", "--discover", "GITHUB_BILLING_DISCOVER", ""),
            ("discover.interval", "--discover.interval", "GITHUB_BILLING_DISCOVER_INTERVAL", "1h"),
            ("github.app_id", "--github.app-id", "GITHUB_BILLING_APP_ID", ""),
            ("poll.interval", "--poll.interval", "GITHUB_BILLING_POLL_INTERVAL", "15m"),
            ("platform", "--platform", "GITHUB_BILLING_PLATFORM", "auto"),
            (
                "web.listen_address",
                "--web.listen-address",
                "GITHUB_BILLING_WEB_LISTEN_ADDRESS",
                ":9877",
            ),
        ],
    )
    def test_names_follow_one_rule(
        self, path: str, flag: str, environment: str, default: str
    ) -> None:
        [option] = [each for each in options() if ".".join(each.path) == path]
        assert (option.flag, option.environment, option.default_text) == (
            flag,
            (environment,),
            default,
        )
        assert option.repeatable == (flag + "s" == "--" + path.replace("_", "-"))


class TestDurations:
    @given(st.timedeltas(min_value=timedelta(), max_value=timedelta.max))
    def test_what_is_written_is_read_back(self, duration: timedelta) -> None:
        whole = duration - duration % timedelta(milliseconds=1)
        assert parse_duration(format_duration(duration)) == whole

    @pytest.mark.parametrize(
        ("text", "duration"),
        [("90s", 1.5 * MINUTE), ("1h30m", 90 * MINUTE), ("1w1d", 192 * HOUR), ("1y", 8760 * HOUR)],
    )
    def test_units_are_prometheus_units(self, text: str, duration: timedelta) -> None:
        assert parse_duration(text) == duration

    def test_a_number_lacks_its_unit(self) -> None:
        with pytest.raises(ValueError, match="must have a unit"):
            parse_duration("15")

    @pytest.mark.parametrize(
        "text",
        ["", "5x", "-5m", "1.5h", "5 m", "1m1h", "1m1m", "5m\n", "\u0665m", "999999999y"],
    )
    def test_other_spellings_are_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"must be a (shorter )?duration"):
            parse_duration(text)

    @given(st.text() | st.text("0123456789ywdhms", max_size=12))
    def test_no_text_raises_anything_else(self, text: str) -> None:
        duration = timedelta()
        with suppress(ValueError):
            duration = parse_duration(text)
        assert duration >= timedelta()
