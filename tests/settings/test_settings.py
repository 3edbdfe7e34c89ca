"""The settings: precedence, credentials, and the resolved settings of accounts and jobs."""

from datetime import timedelta
from pathlib import Path

import pytest

from exporter.accounts import Account, AccountType, Platform, Quotas
from exporter.settings import (
    JobSettings,
    Settings,
    load,
    options,
    resolved,
)
from tests.settings import (
    BUDGETS,
    CANARY,
    COLLECTORS,
    COST_CENTERS,
    HOUR,
    MINUTE,
    SELDOM,
    USAGE,
    faults,
    in_file,
)
from tests.support.accounts import ACME


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
        flags = {"organizations": (), "users": [], "poll": {"interval": None}}
        environment = {"GITHUB_BILLING_PLATFORM": "", "GITHUB_BILLING_TOKEN": ""}
        assert load(flags, environment, COLLECTORS) == Settings()

    def test_an_empty_file_sets_nothing(self, tmp_path: Path) -> None:
        assert in_file(tmp_path, "# nothing yet\n").poll == Settings().poll

    def test_are_taken_as_an_editor_of_windows_saves_them(self, tmp_path: Path) -> None:
        settings = in_file(tmp_path, "\ufeffplatform: usage\r\nlog:\r\n  level: error\r\n")
        assert (settings.platform, settings.log.level) == ("usage", "error")
        environment = {
            "GITHUB_BILLING_API_URL": "\ufeffhttps://api.acme.ghe.com\r\n",
            "GITHUB_BILLING_PLATFORM": "\r",
        }
        settings = load({}, environment, COLLECTORS)
        assert settings.github.api_url == "https://api.acme.ghe.com"
        assert settings.platform == Settings().platform

    def test_variables_of_services_named_like_the_exporter_are_passed_over(self) -> None:
        assert load({}, {"GITHUB_BILLING_EXPORTER_PORT": "tcp://10.0.0.1"}, ()) == Settings()

    def test_settings_cannot_be_changed(self) -> None:
        with pytest.raises(ValueError, match="frozen"):
            setattr(Settings(), "platform", "usage")  # noqa: B010 - mypy knows that it is frozen


class TestCredentials:
    def test_a_token_is_taken_from_the_environment(self) -> None:
        environment = {"GITHUB_BILLING_TOKEN": f"{CANARY}\n", "GITHUB_TOKEN": "another"}
        [credential] = resolved.credentials(load({}, environment, COLLECTORS))
        assert credential.secret is not None
        assert credential.secret.get_secret_value() == CANARY

    def test_the_common_variable_is_a_fallback(self) -> None:
        [credential] = resolved.credentials(load({}, {"GITHUB_TOKEN": CANARY}, COLLECTORS))
        assert credential.secret is not None
        assert credential.secret.get_secret_value() == CANARY

    def test_a_token_file_rules_over_the_common_variable(self, tmp_path: Path) -> None:
        (tmp_path / "token").write_text(CANARY, encoding="utf-8")
        flags = {"github": {"token_file": str(tmp_path / "token")}}
        [credential] = resolved.credentials(load(flags, {"GITHUB_TOKEN": "another"}, COLLECTORS))
        assert (credential.secret, credential.file) == (None, tmp_path / "token")

    def test_a_token_and_a_token_file_contradict_each_other(self, tmp_path: Path) -> None:
        (tmp_path / "token").write_text(CANARY, encoding="utf-8")
        flags = {"github": {"token_file": str(tmp_path / "token")}}
        assert faults(flags, {"GITHUB_BILLING_TOKEN": CANARY}) == (
            "--github.token-file: GITHUB_BILLING_TOKEN is also set: remove one of the two",
        )

    def test_a_token_is_never_shown(self) -> None:
        settings = load({}, {"GITHUB_BILLING_TOKEN": CANARY}, COLLECTORS)
        assert CANARY not in f"{settings!r} {settings} {resolved.credentials(settings)!r}"

    @pytest.mark.parametrize("name", ["GITHUB_BILLING_TOKEN", "GITHUB_TOKEN"])
    def test_a_token_among_other_words_is_refused_unseen(self, name: str) -> None:
        assert faults({}, {name: f"Bearer {CANARY}"}) == (
            f"{name}: must be only the token, without spaces or line breaks",
        )

    @pytest.mark.parametrize("path", ["/root/token", "~/token", "./token"])
    def test_a_path_instead_of_a_token_is_refused(self, path: str) -> None:
        assert faults({}, {"GITHUB_BILLING_TOKEN": path}) == (
            "GITHUB_BILLING_TOKEN: must be the token itself, not the path of its file",
        )

    def test_a_token_as_flag_is_refused(self) -> None:
        [fault] = faults({"github": {"token": CANARY}})
        assert fault.startswith("flag github.token: the token cannot be set here")
        assert "GITHUB_BILLING_TOKEN" in fault

    @pytest.mark.parametrize("path", [option.path for option in options()])
    def test_no_fault_repeats_a_value(self, path: tuple[str, ...]) -> None:
        value: object = f"/{CANARY} {CANARY}/{CANARY}"
        for key in reversed(path):
            value = {key: value}
        assert isinstance(value, dict)
        assert CANARY not in "".join(faults(value))


class TestAccounts:
    def test_lists_come_before_entries(self) -> None:
        settings = Settings(
            enterprises=("acme-corp",),
            users=("octo",),
            organizations=("acme",),
            accounts=({"organization": "beta"}, {"user": "mona"}, {"enterprise": "b"}),
        )
        assert [str(account) for account in resolved.accounts(settings)] == [
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
        acme, beta, gamma = resolved.accounts(settings)
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
        return [each.name for each in resolved.collectors_for(built, account, COLLECTORS)]

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
        assert COST_CENTERS in resolved.collectors_for(settings, acme_corp, COLLECTORS)
        assert BUDGETS in resolved.collectors_for(settings, acme_corp, COLLECTORS)
        assert BUDGETS not in resolved.collectors_for(settings, ACME, COLLECTORS)


class TestJob:
    def test_the_defaults_are_three_intervals_of_a_quarter_of_an_hour(self) -> None:
        assert resolved.job(Settings(), ACME, BUDGETS) == JobSettings(
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
            if resolved.job(settings, account, each).required
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
        assert resolved.job(settings, ACME, USAGE) == JobSettings(
            HOUR, 4 * HOUR, MINUTE, required=True
        )
        other = resolved.job(settings, Account(AccountType.USER, "acme"), USAGE)
        assert (other.interval, other.stale_after) == (15 * MINUTE, HOUR)

    def test_a_collector_keeps_its_own_times_against_account_and_everyone(self) -> None:
        times = {"interval": "2h", "stale_after": "7h", "timeout": "1m"}
        settings = Settings(poll=times, accounts=({"organization": "acme", **times},))
        assert resolved.job(settings, ACME, SELDOM) == JobSettings(
            6 * HOUR, 18 * HOUR, 10 * MINUTE, required=False
        )

    def test_the_file_rules_over_a_collectors_own_times(self) -> None:
        times = {"interval": "1h", "stale_after": "2h", "timeout": "5m"}
        settings = Settings(collector_settings={"seldom": times})
        assert resolved.job(settings, ACME, SELDOM) == JobSettings(
            HOUR, 2 * HOUR, 5 * MINUTE, required=False
        )

    def test_with_an_interval_from_the_file_three_of_those_make_it_stale(self) -> None:
        settings = Settings(
            poll={"stale_after": "1h"}, collector_settings={"usage": {"interval": "1h"}}
        )
        assert resolved.job(settings, ACME, USAGE).stale_after == 3 * HOUR

    def test_with_only_staleness_from_the_file_the_interval_stays_everyones(self) -> None:
        settings = Settings(
            poll={"interval": "5m"}, collector_settings={"usage": {"stale_after": "1h"}}
        )
        job = resolved.job(settings, ACME, USAGE)
        assert (job.interval, job.stale_after) == (5 * MINUTE, HOUR)
