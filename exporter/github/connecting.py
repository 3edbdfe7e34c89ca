"""Failed connections in words: to which host, through which proxy, and why."""

import os
import socket
import ssl
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
    found = _decisive(error)
    if isinstance(found, ssl.SSLError):
        return Explained(f"no TLS connection to {host}{through}: {cause(error)}", _tls_hint(found))
    if found is None or not isinstance(error, httpx.ConnectError):
        # The error itself may quote the request's headers, and so the token.
        detail = f"the connection to {host}{through} failed ({type(error).__name__})"
        return Explained(detail, _USUAL)
    where = f"the proxy {proxy} for {host}" if proxy else host
    setting = "HTTPS_PROXY" if proxy else "github.api-url"
    network = "this machine's DNS" if isinstance(found, socket.gaierror) else "the network"
    detail = f"no connection to {where}: {cause(error)}"
    return Explained(detail, f"Check {setting} and {network}.")


def cause(error: Exception) -> str:
    """Return why a connection failed, in the words of the system or of TLS."""
    if short := shortage(error):
        return short
    match _decisive(error):
        case ssl.SSLCertVerificationError() as found:
            return f"certificate verify failed: {found.verify_message.removesuffix('.')}"
        case ssl.SSLError() as found:
            return (found.reason or "it was ended").lower().replace("_", " ")
        case socket.gaierror() as found:
            return f"its name cannot be resolved ({found.strerror})"
        case OSError(errno=int(number)):
            return os.strerror(number).lower()
    return type(error).__name__


def _decisive(error: BaseException | None) -> OSError | None:
    while error is not None:
        if isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if isinstance(error, ssl.SSLError) or (isinstance(error, OSError) and error.errno):
            return error
        error = error.__cause__ or error.__context__
    return None


def _of_proxy(error: httpx.ProxyError, host: str, proxy: str) -> Explained:
    status = str(error)[:3]
    if status == "407":
        return Explained(f"the proxy {proxy} requires a user and a password (407)", _USER)
    answered = f" ({status})" if status.isdecimal() else ""
    detail = f"the proxy {proxy} refuses to connect to {host}{answered}"
    return Explained(detail, "Check HTTPS_PROXY, and whether the proxy allows this host.")


def _tls_hint(error: ssl.SSLError) -> str:
    if not isinstance(error, ssl.SSLCertVerificationError):
        return "Check github.api-url and the proxy."
    if error.verify_code in _CLOCK:
        return "Check this machine's clock, and the certificate."
    return "Check github.api-url." if error.verify_code in _OTHER_NAME else _AUTHORITY
