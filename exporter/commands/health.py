"""Asks a running service whether it is alive, as a container's health check does."""

import httpx

SECONDS = 4.0
"""To connect, and again to answer: two tries take less than the ten that the image gives."""


def problem(url: str) -> str:
    """Say what is wrong with the service that answers at ``url``; empty where it is alive.

    One that hangs up on plain HTTP, or does not understand it, is asked by TLS. Its certificate
    is for the names that others reach it by, so that it is not verified; nothing secret is sent.
    Proxies are passed by.
    Raises ``httpx.InvalidURL`` and ``httpx.UnsupportedProtocol`` where ``url`` is none of HTTP.
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
