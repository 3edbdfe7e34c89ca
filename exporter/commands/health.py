"""``health``: whether a running service is alive, as a container's health check asks."""

import os
from typing import Any

import click
import httpx

from exporter.commands import shared

_LISTEN_ADDRESS = "GITHUB_BILLING_WEB_LISTEN_ADDRESS"

SECONDS = 4.0
"""To connect, and again to answer: two tries take less than the image's ten."""


def problem(url: str) -> str:
    """Return what is wrong with the service at ``url``; empty if it is alive.

    A service that does not understand plain HTTP is asked by TLS. Its certificate, which is for
    other names, is not verified; nothing secret is sent. Raises ``httpx.InvalidURL`` and
    ``httpx.UnsupportedProtocol``.
    """
    asked = httpx.URL(url)
    try:
        # A proxy of the environment leads to GitHub and not back to this machine.
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
        return f"does not answer ({str(error) or type(error).__name__})"
    if answer.status_code == httpx.codes.OK:
        return ""
    return f"answers {answer.status_code}: {answer.text[:100].strip()}"


@click.command()
@shared.settings_options(lambda option: option.path == ("web", "listen_address"))
@click.option(
    "--url",
    metavar="URL",
    help="Ask there, such as where the configuration file has it listen; "
    "default /healthz of the address.",
)
def health(url: str | None, **given: Any) -> None:
    """Ask the service that runs on this machine whether it is alive, as a container does.

    It is asked by TLS where it speaks that; its certificate is not verified.

    Exits 0, or 1 if it is not alive or does not answer, 2 for wrong settings.
    """
    if url is None:
        address = os.environ.get(_LISTEN_ADDRESS, "")
        settings = shared.loaded(shared.nested_flags(given), {_LISTEN_ADDRESS: address})
        url = f"http://{settings.web.listen_address.reached_at}/healthz"
    try:
        found = problem(url)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        shared.end(shared.WRONG_SETTINGS, "--url: must be such as http://localhost:9877/healthz")
    if found:
        shared.end(shared.FAILED, f"{url}: {found}")
