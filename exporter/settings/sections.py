"""The sections of the settings, an entry of an account among them."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from exporter.accounts import AccountType
from exporter.settings import fields
from exporter.settings.fields import Shown

PlatformChoice = Literal["auto", "legacy", "usage"]
LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["human", "json"]

_GIGABYTES = Shown("GIGABYTES", "by plan")


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class GitHubSettings(Section):
    token: Annotated[
        fields.Token | None,
        Shown(
            "TOKEN",
            also=("GITHUB_TOKEN",),
            flag=False,
            elsewhere="a token is not set here: put it in the environment variable "
            "GITHUB_BILLING_TOKEN, or in a file of its own, named by github.token_file",
        ),
    ] = Field(
        None,
        description="Token that reads the bill. GITHUB_TOKEN counts only where neither this "
        "nor a token file is set.",
    )
    token_file: Annotated[Path | None, Shown("FILE")] = Field(
        None, description="File that holds the token alone; read again when it changes."
    )
    app_id: Annotated[fields.AppId | None, Shown("ID")] = Field(
        None, description="Id or client id of a GitHub App that reads the bill, instead of a token."
    )
    app_private_key: Annotated[
        fields.PrivateKey | None,
        Shown(
            "KEY",
            flag=False,
            elsewhere="a private key is not set here: put it in the environment variable "
            "GITHUB_BILLING_APP_PRIVATE_KEY, or in a file of its own, named by "
            "github.app_private_key_file",
        ),
    ] = Field(None, description="The App's private key itself, in PEM.")
    app_private_key_file: Annotated[Path | None, Shown("FILE")] = Field(
        None, description="File that holds the App's private key; read again when it changes."
    )
    api_url: Annotated[fields.ApiUrl, Shown("URL")] = Field(
        "https://api.github.com",
        description="GitHub's API: https://HOST/api/v3 for Enterprise Server, "
        "https://api.SUBDOMAIN.ghe.com with data residency.",
    )
    api_version: Annotated[fields.ApiVersion | None, Shown("VERSION", "by host")] = Field(
        None, description="Version of the REST API to ask."
    )
    ca_file: Annotated[Path | None, Shown("FILE")] = Field(
        None,
        description="File of certificates (PEM) whose authorities are trusted beside the "
        "usual ones. Proxies are those of HTTPS_PROXY and NO_PROXY.",
    )


class DiscoverSettings(Section):
    enabled: Annotated[bool, Shown()] = Field(
        False,
        description="Watch the accounts that the credential can see too: a token's "
        "organizations, an App's installations, an enterprise's organizations.",
    )
    interval: Annotated[fields.Duration, Shown("DURATION")] = Field(
        timedelta(hours=1), description="Time from one discovery to the next."
    )
    include: Annotated[tuple[fields.Pattern, ...], Shown("PATTERN")] = Field(
        (), description="Watch only discovered accounts whose names match, as acme-*."
    )
    exclude: Annotated[tuple[fields.Pattern, ...], Shown("PATTERN")] = Field(
        (), description="Do not watch discovered accounts whose names match."
    )


class PollSettings(Section):
    interval: Annotated[fields.Duration, Shown("DURATION")] = Field(
        timedelta(minutes=15), description="Time from one poll of a collector to the next."
    )
    stale_after: Annotated[fields.Duration | None, Shown("DURATION", "three intervals")] = Field(
        None, description="Age at which a reading that could not be renewed is no longer shown."
    )
    timeout: Annotated[fields.Duration, Shown("DURATION")] = Field(
        timedelta(seconds=30), description="Longest time for one poll of one collector."
    )


class QuotaSettings(Section):
    actions_minutes: Annotated[fields.Amount | None, Shown("MINUTES", "by plan")] = Field(
        None, description="Actions minutes a month that the plan includes."
    )
    packages_bandwidth_gigabytes: Annotated[fields.Amount | None, _GIGABYTES] = Field(
        None, description="Packages transfer a month that the plan includes."
    )
    shared_storage_gigabytes: Annotated[fields.Amount | None, _GIGABYTES] = Field(
        None, description="Storage for artifacts and packages that the plan includes."
    )


class WebConfigSettings(Section):
    file: Annotated[Path | None, Shown("FILE")] = Field(
        None,
        description="Web configuration file of Prometheus's exporters: TLS, passwords, "
        "headers; read again when it changes. See running.md.",
    )


class WebSettings(Section):
    listen_address: Annotated[fields.Address, Shown("ADDRESS")] = Field(
        fields.ListenAddress("", 9877),
        description="Where to serve: host:port, :port for all interfaces, [IPv6 address]:port.",
    )
    config: WebConfigSettings = WebConfigSettings()


class StateSettings(Section):
    file: Annotated[Path | None, Shown("FILE")] = Field(
        None,
        description="File that keeps the last good readings over a restart; one for each process.",
    )


class ConfigSettings(Section):
    file: Annotated[
        Path | None,
        Shown("FILE", elsewhere="a file cannot name another: use --config.file"),
    ] = Field(None, description="YAML file with these settings.")


class LogSettings(Section):
    level: Annotated[LogLevel, Shown("|".join(get_args(LogLevel)))] = Field(
        "info", description="Least severe events to log."
    )
    format: Annotated[
        LogFormat | None, Shown("|".join(get_args(LogFormat)), "human on a terminal, else json")
    ] = Field(None, description="How events are written, one a line.")


class JobTimes(Section):
    interval: fields.Duration | None = Field(None, description="As poll.interval, here alone.")
    stale_after: fields.Duration | None = Field(
        None, description="As poll.stale_after, here alone."
    )
    timeout: fields.Duration | None = Field(None, description="As poll.timeout, here alone.")


class AccountEntry(JobTimes):
    organization: fields.Login | None = Field(None, description="The organization's name.")
    user: fields.Login | None = Field(None, description="The user's name.")
    enterprise: Annotated[fields.Slug | None, fields.exactly_one_with("organization", "user")] = (
        Field(None, validate_default=True, description="The enterprise's slug.")
    )
    credential: fields.CredentialName | None = Field(
        None, description="Name of the credential to ask with; default, or the only one there is."
    )
    platform: PlatformChoice | None = Field(None, description="As platform, here alone.")
    quota: QuotaSettings = Field(
        QuotaSettings(), description="As quota, here alone; what is not set stays as there."
    )
    collectors: tuple[fields.CollectorName, ...] = Field(
        (), description="Further collectors to run here, required."
    )
    no_collectors: tuple[fields.CollectorName, ...] = Field(
        (), description="Further collectors not to run here."
    )

    @property
    def named(self) -> tuple[AccountType, str]:
        return next((kind, name) for kind in AccountType if (name := getattr(self, kind)))
