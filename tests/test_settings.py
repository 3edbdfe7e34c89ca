"""The settings: precedence, faults told all at once, and what they come to for a job."""

import traceback
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from exporter.accounts import Account, AccountType, Platform, Quotas
from exporter.collectors import Collector
from exporter.github.questions import GitHub
from exporter.metrics.model import Reading
from exporter.settings import (
    JobSettings,
    ListenAddress,
    Settings,
    SettingsError,
    load,
    options,
    render_reference,
)
from exporter.settings.durations import format_duration, parse_duration
from exporter.settings.reference import EXAMPLE

CANARY = "ghp_CANARYCANARYCANARYCANARYCANARYCANARY"
NOT_A_NAME = (
    "must be a name as in GitHub's addresses: at most 39 letters, digits, hyphens and underscores"
)
BAD = sorted((Path(__file__).parent / "settings").glob("*.yaml"))
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ACME = Account(AccountType.ORGANIZATION, "acme")


async def ask_nothing(github: GitHub, account: Account, now: datetime) -> Reading:
    return Reading(now, ())


def collector(
    name: str, *types: AccountType, every: tuple[timedelta, ...] = (), why_off: str = ""
) -> Collector:
    """Make a collector; ``every`` are its intervals in the first week of a month and later."""
    return Collector(
        name=name,
        summary="Asks nothing.",
        account_types=frozenset(types or AccountType),
        endpoints=(),
        permission="",
        metrics=(),
        collect=ask_nothing,
        interval=(lambda now: every[0 if now.day <= 7 else -1]) if every else None,
        timeout=10 * MINUTE if every else None,
        why_off=why_off,
    )


USAGE = collector("usage")
LEGACY = collector("legacy_actions")
BUDGETS = collector("budgets")
COST_CENTERS = collector("cost_centers", AccountType.ENTERPRISE, why_off="many requests")
COPILOT = collector("copilot", AccountType.ORGANIZATION, AccountType.USER)
SELDOM = collector("seldom", every=(HOUR, 6 * HOUR))
COLLECTORS = (USAGE, LEGACY, BUDGETS, COST_CENTERS, COPILOT, SELDOM)


def faults(
    flags: Mapping[str, object] | None = None, environment: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load(flags or {}, environment or {}, COLLECTORS)
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    return caught.value.faults


def any_faults(file: Path) -> tuple[str, ...]:
    """Give the faults of a file that may have none. All but `SettingsError` is raised."""
    try:
        load({"config": {"file": str(file)}}, {}, COLLECTORS)
    except SettingsError as error:
        return error.faults
    return ()


def in_file(path: Path, text: str) -> Settings:
    file = path / "config.yaml"
    file.write_text(text, encoding="utf-8")
    return load({"config": {"file": str(file)}}, {}, COLLECTORS)


class TestPrecedence:
    FILE = "poll: {interval: 1h, timeout: 1m}\norganizations: [from-file]\n"

    def test_flags_rule_over_environment_over_file_over_defaults(self, tmp_path: Path) -> None:
        file = tmp_path / "config.yaml"
        file.write_text(self.FILE, encoding="utf-8")
        environment = {
            "GITHUB_BILLING_CONFIG_FILE": str(file),
            "GITHUB_BILLING_POLL_INTERVAL": "30m",
            "GITHUB_BILLING_LOG_LEVEL": "debug",
        }
        settings = load({"log": {"level": "error"}}, environment, COLLECTORS)
        assert settings.log.level == "error"
        assert settings.poll.interval == 30 * MINUTE
        assert settings.poll.timeout == MINUTE
        assert settings.platform == "auto"

    def test_a_list_is_replaced_as_a_whole(self, tmp_path: Path) -> None:
        file = tmp_path / "config.yaml"
        file.write_text(self.FILE, encoding="utf-8")
        environment = {"GITHUB_BILLING_ORGANIZATIONS": "from-environment, too"}
        settings = load({"config": {"file": file}}, environment, COLLECTORS)
        assert settings.organizations == ("from-environment", "too")

    def test_the_flag_for_the_file_rules_over_its_variable(self, tmp_path: Path) -> None:
        file = tmp_path / "config.yaml"
        file.write_text(self.FILE, encoding="utf-8")
        environment = {"GITHUB_BILLING_CONFIG_FILE": "/nonexistent"}
        settings = load({"config": {"file": str(file)}}, environment, COLLECTORS)
        assert settings.organizations == ("from-file",)

    def test_flags_that_were_not_given_and_empty_variables_leave_the_default(self) -> None:
        flags = {"organizations": (), "poll": {"interval": None}}
        environment = {"GITHUB_BILLING_PLATFORM": "", "GITHUB_BILLING_TOKEN": ""}
        assert load(flags, environment, COLLECTORS) == Settings()

    def test_an_empty_file_sets_nothing(self, tmp_path: Path) -> None:
        assert in_file(tmp_path, "# nothing yet\n").poll == Settings().poll

    def test_variables_of_services_named_like_the_exporter_are_passed_over(self) -> None:
        assert load({}, {"GITHUB_BILLING_EXPORTER_PORT": "tcp://10.0.0.1"}, ()) == Settings()

    def test_settings_cannot_be_changed(self) -> None:
        with pytest.raises(ValueError, match="frozen"):
            setattr(Settings(), "platform", "usage")  # noqa: B010 - mypy knows that it is frozen


class TestCredentials:
    def test_a_token_is_taken_from_the_environment(self) -> None:
        environment = {"GITHUB_BILLING_TOKEN": f"{CANARY}\n", "GITHUB_TOKEN": "another"}
        token = load({}, environment, COLLECTORS).credential_sources.token
        assert token is not None
        assert token.get_secret_value() == CANARY

    def test_the_common_variable_is_a_fallback(self) -> None:
        token = load({}, {"GITHUB_TOKEN": CANARY}, COLLECTORS).credential_sources.token
        assert token is not None
        assert token.get_secret_value() == CANARY

    def test_a_token_file_rules_over_the_common_variable(self, tmp_path: Path) -> None:
        (tmp_path / "token").write_text(CANARY, encoding="utf-8")
        flags = {"github": {"token_file": str(tmp_path / "token")}}
        sources = load(flags, {"GITHUB_TOKEN": "another"}, COLLECTORS).credential_sources
        assert (sources.token, sources.token_file) == (None, tmp_path / "token")

    def test_a_token_and_a_token_file_contradict_each_other(self, tmp_path: Path) -> None:
        (tmp_path / "token").write_text(CANARY, encoding="utf-8")
        flags = {"github": {"token_file": str(tmp_path / "token")}}
        assert faults(flags, {"GITHUB_BILLING_TOKEN": CANARY}) == (
            "--github.token-file: GITHUB_BILLING_TOKEN is set too: leave one of them, "
             "a token or a token file",
        )

    def test_a_token_is_never_shown(self) -> None:
        settings = load({}, {"GITHUB_BILLING_TOKEN": CANARY}, COLLECTORS)
        assert CANARY not in f"{settings!r} {settings} {settings.credential_sources!r}"

    @pytest.mark.parametrize("name", ["GITHUB_BILLING_TOKEN", "GITHUB_TOKEN"])
    def test_a_token_among_other_words_is_refused_unseen(self, name: str) -> None:
        assert faults({}, {name: f"Bearer {CANARY}"}) == (
            f"{name}: must be a token alone, without spaces or line breaks",
        )

    def test_a_token_as_flag_is_refused(self) -> None:
        [fault] = faults({"github": {"token": CANARY}})
        assert fault.startswith("flag github.token: a token is not set here")
        assert "GITHUB_BILLING_TOKEN" in fault

    @pytest.mark.parametrize("path", [option.path for option in options()])
    def test_no_fault_repeats_a_value(self, path: tuple[str, ...]) -> None:
        value: object = f"/{CANARY} {CANARY}"
        for key in reversed(path):
            value = {key: value}
        assert isinstance(value, dict)
        told = faults(value)
        # The path of a file is told, as what cannot be read would be anyone's guess.
        assert (CANARY in "".join(told)) == (path == ("config", "file"))


class TestFaults:
    @pytest.mark.parametrize("file", BAD, ids=[file.stem for file in BAD])
    def test_each_bad_file_has_its_one_fault(self, file: Path) -> None:
        first, *_ = file.read_text(encoding="utf-8", errors="replace").splitlines()
        expected = first.removeprefix("# ").replace("FILE", str(file))
        assert faults({"config": {"file": str(file)}}) == (f"{file}:{expected}",)

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
            f"{file}:8: accounts[2]: user OCTO is the account of {file}:5: accounts[1] again: "
             "leave one of them",
            f"{file}:7: accounts[1].collectors[0]: no such collector: did you mean budgets?",
        )

    def test_a_duration_at_fault_does_not_bring_others_into_doubt(self) -> None:
        poll = {"interval": "1x", "stale_after": "5m"}
        assert len(faults({"poll": poll, "organizations": ["acme"]})) == 1

    def test_a_file_that_cannot_be_read_says_why(self, tmp_path: Path) -> None:
        missing = tmp_path / "missing.yaml"
        assert faults({"config": {"file": str(missing)}}) == (
            f"{missing}: cannot be read: No such file or directory",
        )

    def test_a_path_that_is_none_is_told_as_one(self) -> None:
        assert faults({"config": {"file": "a\0b"}}) == ("'a\\x00b': is not the path of a file",)

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
        assert not load({}, {}, COLLECTORS).accounts_configured
        assert load({"users": ["octo"]}, {}, COLLECTORS).accounts_configured

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.text(max_size=3)
                    | st.sampled_from(
                        ["accounts", "organization", "quota", "poll", "interval", "github", "collector_settings", "usage", "config", "file", "token", "users"]
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


class TestAccounts:
    def test_lists_come_before_entries(self) -> None:
        settings = Settings(
            enterprises=("acme-corp",),
            users=("octo",),
            organizations=("acme",),
            accounts=({"organization": "beta"}, {"user": "mona"}, {"enterprise": "b"}),
        )
        assert [str(account) for account in settings.accounts()] == [
            "organization acme",
            "user octo",
            "enterprise acme-corp",
            "organization beta",
            "user mona",
            "enterprise b",
        ]

    def test_an_entry_rules_over_what_is_set_for_everyone(self) -> None:
        settings = Settings(
            platform="legacy",
            quota={"actions_minutes": 2000, "shared_storage_gigabytes": 2},
            organizations=("acme",),
            accounts=(
                {"organization": "beta", "platform": "auto", "quota": {"actions_minutes": 0}},
                {"organization": "gamma", "platform": "usage"},
            ),
        )
        acme, beta, gamma = settings.accounts()
        assert (acme.platform, beta.platform, gamma.platform) == (
            Platform.LEGACY,
            None,
            Platform.USAGE,
        )
        assert acme.quotas == gamma.quotas == Quotas(2000, None, 2)
        assert beta.quotas == Quotas(0, None, 2)


class TestCollectors:
    def chosen(self, account: Account, **settings: object) -> list[str]:
        built = load(settings, {}, COLLECTORS)
        return [each.name for each in built.collectors_for(account, COLLECTORS)]

    def test_the_default_ones_that_fit_the_account_run(self) -> None:
        enterprise = Account(AccountType.ENTERPRISE, "acme-corp")
        assert self.chosen(ACME) == ["usage", "legacy_actions", "budgets", "copilot", "seldom"]
        assert self.chosen(enterprise) == ["usage", "legacy_actions", "budgets", "seldom"]

    def test_a_named_one_is_added_where_it_fits(self) -> None:
        enterprise = Account(AccountType.ENTERPRISE, "acme-corp")
        assert "cost_centers" in self.chosen(enterprise, collectors=["cost_centers"])
        assert "cost_centers" not in self.chosen(ACME, collectors=["cost_centers"])

    def test_an_excluded_one_does_not_run(self) -> None:
        assert "budgets" not in self.chosen(ACME, no_collectors=["budgets"])

    def test_an_entry_adds_and_excludes_for_its_account_alone(self) -> None:
        settings = Settings(
            collectors=("budgets",),
            accounts=(
                {"enterprise": "Acme-Corp", "collectors": ["cost_centers"]},
                {"organization": "acme", "no_collectors": ["budgets"]},
            ),
        )
        acme_corp = Account(AccountType.ENTERPRISE, "acme-corp")
        assert COST_CENTERS in settings.collectors_for(acme_corp, COLLECTORS)
        assert BUDGETS in settings.collectors_for(acme_corp, COLLECTORS)
        assert BUDGETS not in settings.collectors_for(ACME, COLLECTORS)


class TestJob:
    def test_the_defaults_are_three_intervals_of_a_quarter_of_an_hour(self) -> None:
        assert Settings().job(ACME, BUDGETS, NOW) == JobSettings(
            15 * MINUTE, 45 * MINUTE, timedelta(seconds=30), required=False
        )

    def test_the_bill_and_what_the_user_names_is_required(self) -> None:
        settings = Settings(
            collectors=("copilot",),
            accounts=({"organization": "ACME", "collectors": ["budgets"]},),
        )
        beta = Account(AccountType.ORGANIZATION, "beta")
        required = {
            (account.name, each.name)
            for account in (ACME, beta)
            for each in COLLECTORS
            if settings.job(account, each, NOW).required
        }
        everywhere = {"usage", "legacy_actions", "copilot"}
        assert required == {(name, each) for name in ("acme", "beta") for each in everywhere} | {
            ("acme", "budgets")
        }

    def test_an_account_rules_over_everyone(self) -> None:
        times = {"interval": "1h", "stale_after": "4h", "timeout": "1m"}
        settings = Settings(
            poll={"stale_after": "1h"}, accounts=({"organization": "acme", **times},)
        )
        assert settings.job(ACME, USAGE, NOW) == JobSettings(HOUR, 4 * HOUR, MINUTE, required=True)
        other = settings.job(Account(AccountType.USER, "acme"), USAGE, NOW)
        assert (other.interval, other.stale_after) == (15 * MINUTE, HOUR)

    def test_a_collector_keeps_its_own_times_against_account_and_everyone(self) -> None:
        times = {"interval": "2h", "stale_after": "7h", "timeout": "1m"}
        settings = Settings(poll=times, accounts=({"organization": "acme", **times},))
        assert settings.job(ACME, SELDOM, NOW) == JobSettings(
            6 * HOUR, 18 * HOUR, 10 * MINUTE, required=False
        )

    def test_an_interval_of_its_own_may_depend_on_the_day(self) -> None:
        assert Settings().job(ACME, SELDOM, NOW.replace(day=1)).stale_after == 3 * HOUR

    def test_the_file_rules_over_a_collectors_own_times(self) -> None:
        times = {"interval": "1h", "stale_after": "2h", "timeout": "5m"}
        settings = Settings(collector_settings={"seldom": times})
        assert settings.job(ACME, SELDOM, NOW) == JobSettings(
            HOUR, 2 * HOUR, 5 * MINUTE, required=False
        )

    def test_with_an_interval_from_the_file_three_of_those_make_it_stale(self) -> None:
        settings = Settings(
            poll={"stale_after": "1h"}, collector_settings={"usage": {"interval": "1h"}}
        )
        assert settings.job(ACME, USAGE, NOW).stale_after == 3 * HOUR

    def test_with_only_staleness_from_the_file_the_interval_stays_everyones(self) -> None:
        settings = Settings(
            poll={"interval": "5m"}, collector_settings={"usage": {"stale_after": "1h"}}
        )
        job = settings.job(ACME, USAGE, NOW)
        assert (job.interval, job.stale_after) == (5 * MINUTE, HOUR)


class TestOptions:
    def test_each_is_described_and_spelled_once(self) -> None:
        flags = [option.flag for option in options() if option.flag]
        names = [name for option in options() for name in option.environment]
        assert len(set(flags)) == len(flags)
        assert len(set(names)) == len(names)
        assert all(option.description.endswith(".") for option in options())
        assert all(option.metavar for option in options())

    def test_only_the_token_is_no_flag(self) -> None:
        assert [option.path for option in options() if not option.flag] == [("github", "token")]

    @pytest.mark.parametrize(
        ("path", "flag", "environment", "default"),
        [
            ("organizations", "--organization", "GITHUB_BILLING_ORGANIZATIONS", ""),
            ("enterprises", "--enterprise", "GITHUB_BILLING_ENTERPRISES", ""),
            ("github.token_file", "--github.token-file", "GITHUB_BILLING_TOKEN_FILE", ""),
            ("no_collectors", "--no-collector", "GITHUB_BILLING_NO_COLLECTORS", ""),
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


class TestReference:
    def test_every_option_is_listed(self) -> None:
        page = render_reference()
        for option in options():
            assert all(f"`{name}`" in page for name in option.environment)
            assert option.description in page
            assert not option.flag or f"`{option.flag} " in page

    def test_the_example_is_right(self, tmp_path: Path) -> None:
        assert EXAMPLE in render_reference()
        assert len(in_file(tmp_path, EXAMPLE).accounts()) == 2


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

    @pytest.mark.parametrize(
        "text",
        ["", "5", "5x", "-5m", "1.5h", "5 m", "1m1h", "1m1m", "5m\n", "\u0665m", "999999999y"],
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
