"""Failed connections in words: to which host, through which proxy, and why."""

import os
import socket
import ssl
from collections.abc import Iterator
from typing import NamedTuple

import httpx

from exporter.files import SHORTAGE_HINT, shortage

_CLOCK = {9, 10}
"""OpenSSL's codes of certificates that are not yet valid, or no longer (x509_vfy.h)."""

_OTHER_NAME = {62, 64}

_USUAL = "Check githubstatus.com, the network, the proxy and github.api-url."
_USER = "Set its user and password: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT."
_AUTHORITY = (
    "Set github.ca-file to the CA certificate of this host, or of the proxy that inspects TLS."
)


class Explained(NamedTuple):
    detail: str
    hint: str


def explained(error: Exception, host: str, proxy: str) -> Explained:
    """Return the failure of a connection to ``host``, through ``proxy`` unless it is empty."""
    through = f" through the proxy {proxy}" if proxy else ""
    if short := shortage(error):
        return Explained(f"no connection to {host}: {short}", SHORTAGE_HINT)
    if isinstance(error, httpx.ProxyError):
        return _of_proxy(error, host, proxy)
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return _of_tls(cause, f"no TLS connection to {host}{through}")
        if isinstance(error, httpx.ConnectError) and isinstance(cause, OSError) and cause.errno:
            return _of_socket(cause, host, proxy)
    # The error itself may quote the request's headers, and so the token.
    return Explained(f"the connection to {host}{through} failed ({type(error).__name__})", _USUAL)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        if isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        yield error
        error = error.__cause__ or error.__context__


def _of_proxy(error: httpx.ProxyError, host: str, proxy: str) -> Explained:
    status = str(error)[:3]
    if status == "407":
        return Explained(f"the proxy {proxy} requires a user and a password (407)", _USER)
    answered = f" ({status})" if status.isdecimal() else ""
    detail = f"the proxy {proxy} refuses to connect to {host}{answered}"
    return Explained(detail, "Check HTTPS_PROXY, and whether the proxy allows this host.")


def _of_tls(error: ssl.SSLError, what: str) -> Explained:
    if not isinstance(error, ssl.SSLCertVerificationError):
        reason = (error.reason or "it was ended").lower().replace("_", " ")
        return Explained(f"{what}: {reason}", "Check github.api-url and the proxy.")
    if error.verify_code in _CLOCK:
        hint = "Check this machine's clock, and the certificate."
    elif error.verify_code in _OTHER_NAME:
        hint = "Check github.api-url."
    else:
        hint = _AUTHORITY
    return Explained(f"{what}: {error.verify_message.rstrip('.')}", hint)


def _of_socket(error: OSError, host: str, proxy: str) -> Explained:
    where = f"the proxy {proxy} for {host}" if proxy else host
    setting = "HTTPS_PROXY" if proxy else "github.api-url"
    if isinstance(error, socket.gaierror):
        detail = f"no connection to {where}: its name cannot be resolved ({error.strerror})"
        return Explained(detail, f"Check {setting} and this machine's DNS.")
    reason = os.strerror(error.errno or 0).lower()
    return Explained(f"no connection to {where}: {reason}", f"Check {setting} and the network.")
