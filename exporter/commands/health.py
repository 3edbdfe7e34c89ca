"""``health``: check whether a service is alive, as the health check of a container."""

import os
from typing import Any

import click
import httpx

from exporter.commands import shared
from exporter.commands.help import Command
from exporter.github.connecting import cause

_LISTEN_ADDRESS = "GITHUB_BILLING_WEB_LISTEN_ADDRESS"

SECONDS = 4.0
"""To connect, and again to answer. Two attempts take less than the image's timeout of 10."""


def problem(url: str) -> str:
    """Return why the service at ``url`` is not alive; empty if it is alive.

    If the service does not speak plain HTTP, retry with TLS. The certificate is for other names
    and is not verified; nothing secret is sent. Raises ``httpx.InvalidURL`` and
    ``httpx.UnsupportedProtocol``.
    """
    asked = httpx.URL(url)
    try:
        # Proxies of the environment are for GitHub, not for this machine.
        with httpx.Client(trust_env=False, verify=False, timeout=SECONDS) as client:  # noqa: S501  (see above)
            try:
                answer = client.get(asked)
                understood = answer.status_code != httpx.codes.BAD_REQUEST
            except (httpx.RemoteProtocolError, httpx.ReadError):
                understood = False
            if not understood:
                answer = client.get(asked.copy_with(scheme="https"))
    except httpx.UnsupportedProtocol:
        raise
    except httpx.TransportError as error:
        return f"does not answer ({cause(error)})"
    if answer.status_code == httpx.codes.OK:
        return ""
    return f"answers {answer.status_code}: {answer.text[:100].strip()}"


@click.command(cls=Command)
@shared.settings_options(lambda option: option.path == ("web", "listen_address"))
@click.option(
    "--url",
    metavar="URL",
    help="URL to check, for example if the address is set in the configuration file; "
    "default /healthz of the listen address.",
)
def health(url: str | None, **given: Any) -> None:
    """Check whether the service on this machine is alive, for a container's health check.

    If the service uses TLS, its certificate is not verified.

    Exit codes: 0 if it is alive, 1 if it is not alive or does not answer, 2 if the settings are
    invalid.
    """
    if url is None:
        address = os.environ.get(_LISTEN_ADDRESS, "")
        settings = shared.loaded(shared.nested_flags(given), {_LISTEN_ADDRESS: address})
        url = f"http://{settings.web.listen_address.reached_at}/healthz"
    try:
        found = problem(url)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        shared.end(
            shared.WRONG_SETTINGS, "--url: must be a URL such as http://localhost:9877/healthz"
        )
    if found:
        shared.end(shared.FAILED, f"{url}: {found}")
