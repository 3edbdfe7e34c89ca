"""Sections of the settings, and the entries of accounts."""

from datetime import timedelta
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from exporter.accounts import AccountType
from exporter.settings import fields
from exporter.settings.fields import Shown

PlatformChoice = Literal["auto", "legacy", "usage"]
LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["human", "json"]
LogColor = Literal["auto", "always", "never"]

_GIGABYTES = Shown("GIGABYTES", "from the plan")


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class GitHubSettings(Section):
    token: Annotated[
        fields.Token | None,
        Shown(
            "TOKEN",
            also=("GITHUB_TOKEN",),
            flag=False,
            elsewhere="the token cannot be set here: set the environment variable "
            "GITHUB_BILLING_TOKEN, or github.token_file to a file that contains only the token",
        ),
    ] = Field(
        None,
        description="Token for the GitHub API. GITHUB_TOKEN is used only if no other credential "
        "is set.",
    )
    token_file: Annotated[fields.File | None, Shown("FILE")] = Field(
        None, description="File that contains only the token; reloaded when it changes."
    )
    app_id: Annotated[fields.AppId | None, Shown("ID")] = Field(
        None, description="ID or client ID of a GitHub App to use instead of a token."
    )
    app_private_key: Annotated[
        fields.PrivateKey | None,
        Shown(
            "KEY",
            flag=False,
            elsewhere="the private key cannot be set here: set the environment variable "
            "GITHUB_BILLING_APP_PRIVATE_KEY, or github.app_private_key_file to a file that "
            "contains it",
        ),
    ] = Field(None, description="The App's private key, in PEM format.")
    app_private_key_file: Annotated[fields.File | None, Shown("FILE")] = Field(
        None, description="File that contains the App's private key; reloaded when it changes."
    )
    api_url: Annotated[fields.ApiUrl, Shown("URL")] = Field(
        "https://api.github.com",
        description="URL of the GitHub API: https://HOST/api/v3 for Enterprise Server, "
        "https://api.SUBDOMAIN.ghe.com with data residency.",
    )
    api_version: Annotated[fields.ApiVersion | None, Shown("VERSION", "depends on the host")] = (
        Field(None, description="REST API version.")
    )
    ca_file: Annotated[fields.File | None, Shown("FILE")] = Field(
        None,
        description="File of CA certificates (PEM) to trust in addition to the default ones. "
        "Proxies are set by HTTPS_PROXY and NO_PROXY.",
    )


class DiscoverSettings(Section):
    enabled: Annotated[bool, Shown()] = Field(
        False,
        description="Also watch the accounts that the credential can see: a token's "
        "organizations, an App's installations, an enterprise's organizations.",
    )
    interval: Annotated[fields.Duration, Shown("DURATION")] = Field(
        timedelta(hours=1), description="Interval between discoveries."
    )
    include: Annotated[tuple[fields.Pattern, ...], Shown("PATTERN")] = Field(
        (), description="Watch only discovered accounts with a matching name, such as acme-*."
    )
    exclude: Annotated[tuple[fields.Pattern, ...], Shown("PATTERN")] = Field(
        (), description="Do not watch discovered accounts with a matching name."
    )


class PollSettings(Section):
    interval: Annotated[fields.Duration, Shown("DURATION")] = Field(
        timedelta(minutes=15), description="Interval between polls of a collector."
    )
    stale_after: Annotated[fields.Duration | None, Shown("DURATION", "three intervals")] = Field(
        None, description="Age at which a reading that could not be renewed is removed."
    )
    timeout: Annotated[fields.Duration, Shown("DURATION")] = Field(
        timedelta(seconds=30), description="Time limit for one poll of one collector."
    )


class QuotaSettings(Section):
    actions_minutes: Annotated[fields.Amount | None, Shown("MINUTES", "from the plan")] = Field(
        None, description="Actions minutes per month that the plan includes."
    )
    packages_bandwidth_gigabytes: Annotated[fields.Amount | None, _GIGABYTES] = Field(
        None, description="Packages data transfer per month that the plan includes."
    )
    shared_storage_gigabytes: Annotated[fields.Amount | None, _GIGABYTES] = Field(
        None, description="Storage for artifacts and packages that the plan includes."
    )


class WebConfigSettings(Section):
    file: Annotated[fields.File | None, Shown("FILE")] = Field(
        None,
        description="Web configuration file as in other Prometheus exporters: TLS, passwords, "
        "headers; reloaded when it changes. See docs/running.md.",
    )


class WebSettings(Section):
    listen_address: Annotated[fields.Address, Shown("ADDRESS")] = Field(
        fields.ListenAddress("", 9877),
        description="Address to listen on: host:port, :port for all interfaces, or "
        "[IPv6 address]:port.",
    )
    no_amounts: Annotated[bool, Shown()] = Field(
        False,
        description="Show only the state of collectors on the page /, no money and no budgets. "
        "Hides nothing on /metrics.",
    )
    config: WebConfigSettings = WebConfigSettings()


class StateSettings(Section):
    file: Annotated[fields.File | None, Shown("FILE")] = Field(
        None,
        description="File that keeps the last good readings across restarts; one per process.",
    )


class ConfigSettings(Section):
    file: Annotated[
        fields.File | None,
        Shown("FILE", elsewhere="cannot be set in the configuration file: use --config.file"),
    ] = Field(None, description="YAML configuration file.")


class LogSettings(Section):
    level: Annotated[LogLevel, Shown("|".join(get_args(LogLevel)))] = Field(
        "info", description="Lowest level of events to log."
    )
    format: Annotated[
        LogFormat | None, Shown("|".join(get_args(LogFormat)), "human on a terminal, else json")
    ] = Field(None, description="Format of the log, one event per line.")
    color: Annotated[LogColor, Shown("|".join(get_args(LogColor)))] = Field(
        "auto",
        description="Color of the human log; auto is on a terminal, unless NO_COLOR is set.",
    )


class JobTimes(Section):
    interval: fields.Duration | None = Field(None, description="Overrides poll.interval.")
    stale_after: fields.Duration | None = Field(None, description="Overrides poll.stale_after.")
    timeout: fields.Duration | None = Field(None, description="Overrides poll.timeout.")


class AccountEntry(JobTimes):
    organization: fields.Login | None = Field(None, description="The organization's name.")
    user: fields.Login | None = Field(None, description="The user's name.")
    enterprise: Annotated[fields.Slug | None, fields.exactly_one_with("organization", "user")] = (
        Field(None, validate_default=True, description="The enterprise's slug.")
    )
    credential: fields.CredentialName | None = Field(
        None,
        description="Name of the credential to use. If not set: the one named default, or the "
        "only one.",
    )
    platform: PlatformChoice | None = Field(None, description="Overrides platform.")
    quota: QuotaSettings = Field(
        QuotaSettings(), description="Overrides individual quota.* settings."
    )
    collectors: tuple[fields.CollectorName, ...] = Field(
        (), description="Additional collectors to require for this account."
    )
    no_collectors: tuple[fields.CollectorName, ...] = Field(
        (), description="Additional collectors to exclude for this account."
    )

    @property
    def named(self) -> tuple[AccountType, str]:
        return next((kind, name) for kind in AccountType if (name := getattr(self, kind)))
