"""Credentials: their entries in the file, and their resolved settings."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr

from exporter.settings import fields
from exporter.settings.sections import DiscoverSettings, GitHubSettings, Section

DEFAULT = "default"
"""Name of the credential of the ``github`` section."""


@dataclass(frozen=True, slots=True)
class CredentialSettings:
    """A credential and its host.

    The secret is a private key if ``app_id`` is set, else a token. It comes from at most one of
    ``secret``, ``file`` and the environment variable ``variable``. ``api_version`` is ``None`` if
    it depends on the host. ``include`` and ``exclude`` are name patterns for discovery.
    """

    name: str
    api_url: str
    api_version: str | None
    ca_file: Path | None
    app_id: str | None
    secret: SecretStr | None
    file: Path | None
    variable: str | None
    discover: bool
    include: tuple[str, ...]
    exclude: tuple[str, ...]

    @property
    def given(self) -> bool:
        return any((self.secret, self.file, self.variable))


class AppEntry(Section):
    id: fields.AppId = Field(..., description="ID or client ID of the App.")
    private_key_file: fields.File | None = Field(
        None, description="File that contains the App's private key; reloaded when it changes."
    )
    private_key_variable: Annotated[
        fields.Variable | None, fields.exactly_one_with("private_key_file")
    ] = Field(
        None,
        validate_default=True,
        description="Name of the environment variable that contains the private key.",
    )


class CredentialEntry(Section):
    name: fields.CredentialName = Field(..., description="Name used in accounts and metrics.")
    token_file: fields.File | None = Field(
        None, description="File that contains only the token; reloaded when it changes."
    )
    token_variable: fields.Variable | None = Field(
        None, description="Name of the environment variable that contains the token."
    )
    app: Annotated[AppEntry | None, fields.exactly_one_with("token_file", "token_variable")] = (
        Field(
            None,
            validate_default=True,
            description="A GitHub App: its `id` (or client ID), and either `private_key_file` or "
            "`private_key_variable`, the name of an environment variable.",
        )
    )
    api_url: fields.ApiUrl | None = Field(None, description="Overrides github.api_url.")
    api_version: fields.ApiVersion | None = Field(None, description="Overrides github.api_version.")
    ca_file: fields.File | None = Field(None, description="Overrides github.ca_file.")
    discover: bool | None = Field(None, description="Overrides discover.enabled.")
    include: tuple[fields.Pattern, ...] | None = Field(
        None, description="Overrides discover.include."
    )
    exclude: tuple[fields.Pattern, ...] | None = Field(
        None, description="Overrides discover.exclude."
    )

    def resolved(self, default: CredentialSettings) -> CredentialSettings:
        """Return the credential, with unset values taken from ``default``."""
        shared = {"name", "api_url", "api_version", "ca_file", "discover", "include", "exclude"}
        return replace(
            default,
            app_id=self.app.id if self.app else None,
            secret=None,
            file=self.app.private_key_file if self.app else self.token_file,
            variable=self.app.private_key_variable if self.app else self.token_variable,
            **self.model_dump(include=shared, exclude_none=True),
        )


def of_flags(github: GitHubSettings, discover: DiscoverSettings) -> CredentialSettings:
    """Return the credential of the ``github`` section."""
    return CredentialSettings(
        name=DEFAULT,
        api_url=github.api_url,
        api_version=github.api_version,
        ca_file=github.ca_file,
        app_id=github.app_id,
        secret=github.app_private_key if github.app_id else github.token,
        file=github.app_private_key_file if github.app_id else github.token_file,
        variable=None,
        discover=discover.enabled,
        include=discover.include,
        exclude=discover.exclude,
    )
