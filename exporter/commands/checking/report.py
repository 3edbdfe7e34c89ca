"""The report of ``check``: states, and causes of failures.

Its fields are the public interface of ``check --format json``.
"""

from typing import Annotated, Literal

import msgspec

from exporter.github.errors import ALL as FAILURES

State = Literal["works", "partly", "fails"]
CollectorState = Literal["works", "stale", "fails", "not offered", "standby", "not polled yet"]


def _field(description: str) -> msgspec.Meta:
    return msgspec.Meta(description=description)


class Cause(msgspec.Struct, frozen=True):
    """Why something fails or is not offered."""

    reason: Annotated[
        str,
        _field(
            "One of docs/failures.md: "
            f"{', '.join(dict.fromkeys(each.reason for each in FAILURES))}; "
            "settings for what only the settings can mend."
        ),
    ]
    detail: Annotated[str, _field("What happened, without the request.")]
    endpoint: Annotated[str, _field("Endpoint, without names; empty if none was requested.")]
    request_id: Annotated[str, _field("GitHub's ID of the request, empty if unknown.")]
    hint: Annotated[str, _field("How to fix it.")]


class CollectorReport(msgspec.Struct, frozen=True):
    """A collector of an account."""

    name: str
    required: Annotated[bool, _field("Whether the account fails if this collector fails.")]
    state: CollectorState
    series: Annotated[int, _field("Series that it publishes.")]
    requests_per_hour: float
    cause: Cause | None
    notes: Annotated[str, _field("What a reading leaves out or reports, empty if nothing.")]


class AccountReport(msgspec.Struct, frozen=True):
    """A watched account."""

    type: Literal["organization", "user", "enterprise"]
    name: str
    credential: Annotated[str, _field("Name of its credential.")]
    platform: Annotated[
        Literal["usage", "legacy"] | None, _field("Its billing platform, null if undecided.")
    ]
    state: Annotated[
        State,
        _field(
            "fails if a required collector fails, or its credential does; partly if another one "
            "fails."
        ),
    ]
    cause: Annotated[
        Cause | None,
        _field("Why the whole account fails, null if its collectors or its credential say so."),
    ]
    collectors: Annotated[
        list[CollectorReport], _field("Empty if the account was not tested, as with --offline.")
    ]


class CredentialReport(msgspec.Struct, frozen=True):
    """A credential."""

    name: str
    kind: Annotated[str, _field("Such as classic personal access token; unknown if unreadable.")]
    host: Annotated[str, _field("Host of the API.")]
    scopes: Annotated[
        list[str] | None, _field("Scopes of a classic token, null if GitHub reports none.")
    ]
    expires: Annotated[str | None, _field("When the token expires (RFC 3339), null if unknown.")]
    installations: Annotated[
        int | None, _field("Installations of a GitHub App, null for other credentials.")
    ]
    state: Literal["works", "fails"]
    cause: Annotated[
        Cause | None, _field("Why the credential, and so each of its accounts, fails.")
    ]
    accounts: Annotated[int, _field("Accounts that use it.")]
    requests_per_hour: float
    limit: Annotated[int | None, _field("Requests per hour that GitHub allows, null if unknown.")]


class DiscoveryReport(msgspec.Struct, frozen=True):
    """The discovery of a credential."""

    credential: str
    state: Annotated[
        Literal["works", "nothing found", "fails"],
        _field("nothing found if there is no account that it may watch."),
    ]
    accounts: Annotated[int, _field("Accounts that it adds to those of the settings.")]
    cause: Cause | None


class PlaceReport(msgspec.Struct, frozen=True):
    """A file, folder or address of the settings."""

    setting: str
    path: str
    state: Annotated[Literal["works", "fails", "note"], _field("A note is no failure.")]
    detail: Annotated[str, _field("The failure or note, empty if it works.")]


class Report(msgspec.Struct, frozen=True):
    """What ``check`` found."""

    schema: Annotated[
        Literal[1],
        _field("Version of these fields. It changes if one is renamed, removed or redefined."),
    ]
    version: Annotated[str, _field("Version of the exporter.")]
    at: Annotated[str, _field("Time of the check (RFC 3339, UTC).")]
    offline: Annotated[bool, _field("Whether GitHub was left out (--offline).")]
    success: Annotated[bool, _field("Whether the exit code is 0.")]
    verdict: Annotated[str, _field("The first line of the text, such as 41 accounts: 41 work.")]
    credentials: list[CredentialReport]
    discoveries: list[DiscoveryReport]
    accounts: list[AccountReport]
    places: Annotated[list[PlaceReport], _field("Files, folders and addresses that were tested.")]
    series: Annotated[
        int | None, _field("Series of the page, null without accounts or with --offline.")
    ]
    notes: Annotated[list[str], _field("What the settings have GitHub make, and future prices.")]
    warnings: Annotated[
        list[str],
        _field("Settings that count usage twice, exceed a limit, have no effect or are doubtful."),
    ]
