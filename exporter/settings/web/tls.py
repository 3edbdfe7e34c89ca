"""TLS of the server: an `ssl.SSLContext` from the web configuration file, or its errors.

Options that Go's crypto/tls supports but Python's ssl does not are errors.
"""

import ipaddress
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from exporter import files
from exporter.files import shortage
from exporter.settings.certificates import trust
from exporter.settings.named_files import UnreadableFile, read_for
from exporter.settings.web.model import CIPHER_SUITES, CURVES, TlsServer

_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_VERIFY = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}
_NO_CERTIFICATES = "must be certificates in PEM format"


class TlsFault(Exception):
    """An error in the value of ``key``."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(why)
        self.key = key


class _EncryptedError(Exception):
    pass


def check_tls(tls: TlsServer) -> Iterator[tuple[str, str]]:
    """Yield key and error of each conflict; the key is empty if it belongs to the section."""
    for inline in ("cert", "key", "client_ca"):
        file = f"{inline}_file"
        given = [name for name in (inline, file) if getattr(tls, name) is not None]
        if len(given) > 1:
            yield file, f"{inline} is also set: remove one of the two"
        if not given and inline != "client_ca":
            yield "", f"{file} or {inline} is required"
    authority = next((name for name in ("client_ca", "client_ca_file") if getattr(tls, name)), "")
    if authority and tls.client_auth_type == "NoClientCert":
        yield authority, "requires client_auth_type, such as RequireAndVerifyClientCert"
    yield from _of_names_and_choices(tls)


def _of_names_and_choices(tls: TlsServer) -> Iterator[tuple[str, str]]:
    if tls.client_allowed_sans is not None:
        if tls.client_auth_type != "RequireAndVerifyClientCert":
            yield (
                "client_allowed_sans",
                (
                    "requires client_auth_type: RequireAndVerifyClientCert, "
                    "because other types accept clients without a certificate"
                ),
            )
        if not tls.client_allowed_sans:
            yield "client_allowed_sans", "must contain at least one name"
    if _VERSIONS[tls.min_version] > _VERSIONS[tls.max_version]:
        yield "max_version", "must not be lower than min_version"
    if tls.cipher_suites and not _suites(tls) and tls.min_version == "TLS12":
        yield (
            "cipher_suites",
            (
                "must contain a TLS 1.2 suite, because TLS 1.3 suites are always enabled; "
                "to allow only TLS 1.3, set min_version: TLS13"
            ),
        )
    if len(tls.curve_preferences) > 1 and not names_all_curves(tls):
        yield (
            "curve_preferences",
            (
                "must contain one curve or all of them, because Python cannot select several; "
                "to use OpenSSL's defaults, remove the key"
            ),
        )


def names_all_curves(tls: TlsServer) -> bool:
    return set(tls.curve_preferences) == set(CURVES)


def _suites(tls: TlsServer) -> list[str]:
    return [CIPHER_SUITES[name] for name in tls.cipher_suites if name in CIPHER_SUITES]


def build_context(tls: TlsServer, folder: Path, opening: Callable[[Path], None]) -> ssl.SSLContext:
    """Return the context of a configuration that `check_tls` accepts.

    Paths are relative to ``folder``. ``opening`` is called with each path before it is read.
    Raises `TlsFault`, or ``OSError`` if this machine is short of a resource.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[tls.min_version]
    context.maximum_version = _VERSIONS[tls.max_version]
    context.options |= ssl.OP_NO_RENEGOTIATION
    if tls.prefer_server_cipher_suites:
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    else:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    _choose(context, tls)
    context.set_alpn_protocols(["http/1.1"])

    def content_of(inline: str, most: int = files.MOST_TEXT) -> tuple[str, bytes]:
        file = f"{inline}_file"
        named: Path | None = getattr(tls, file)
        if named is None:
            value = getattr(tls, inline)
            text = value if isinstance(value, str) else value.get_secret_value()
            return inline, text.encode()
        opening(folder / named)
        try:
            return file, read_for(folder / named, "key" if inline == "key" else "certificate", most)
        except UnreadableFile as fault:
            raise TlsFault(file, str(fault)) from None

    _load_certificate(context, *content_of("cert"), *content_of("key", files.MOST_SECRET))
    if tls.client_auth_type != "NoClientCert":
        if tls.client_ca is None and tls.client_ca_file is None:
            context.load_default_certs(ssl.Purpose.CLIENT_AUTH)
        else:
            key, authorities = content_of("client_ca")
            if not trust(context, authorities):
                raise TlsFault(key, _NO_CERTIFICATES)
    context.verify_mode = _VERIFY[tls.client_auth_type]
    if tls.client_allowed_sans is not None:
        context.sslobject_class = _allowing(frozenset(map(_normal, tls.client_allowed_sans)))
    return context


def _choose(context: ssl.SSLContext, tls: TlsServer) -> None:
    try:
        if suites := _suites(tls):
            context.set_ciphers(":".join(suites))
    except ssl.SSLError:
        raise TlsFault("cipher_suites", "this machine's OpenSSL supports none of them") from None
    try:
        if len(tls.curve_preferences) == 1:
            context.set_ecdh_curve(CURVES[tls.curve_preferences[0]])
    except (ValueError, ssl.SSLError):
        raise TlsFault("curve_preferences", "this machine's OpenSSL does not support it") from None


def _load_certificate(
    context: ssl.SSLContext, cert_name: str, certificates: bytes, key_name: str, key: bytes
) -> None:
    if not trust(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), certificates):
        raise TlsFault(cert_name, _NO_CERTIFICATES)
    try:
        with files.in_memory(certificates) as chain_path, files.in_memory(key) as key_path:
            context.load_cert_chain(chain_path, key_path, _ask_nobody)
    except _EncryptedError:
        raise TlsFault(
            key_name, "must not be encrypted: the exporter cannot enter a passphrase"
        ) from None
    except OSError as error:  # ssl.SSLError is one
        if shortage(error):
            raise
        match getattr(error, "reason", ""):
            case "KEY_VALUES_MISMATCH":
                raise TlsFault(key_name, "does not match the certificate") from None
            case "EE_KEY_TOO_SMALL" | "CA_KEY_TOO_SMALL" | "CA_MD_TOO_WEAK" as reason:
                weakness = reason.lower().replace("_", " ")
                raise TlsFault(cert_name, f"is too weak for OpenSSL ({weakness})") from None
        raise TlsFault(key_name, "must be a private key in PEM format") from None


def _ask_nobody() -> str:
    # Without this callback OpenSSL prompts on the terminal.
    raise _EncryptedError


def _allowing(allowed: frozenset[str]) -> type[ssl.SSLObject]:
    class Allowing(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            names: Any = (self.getpeercert() or {}).get("subjectAltName", ())
            if not any(_normal(name) in allowed for _, name in names):
                raise ssl.SSLCertVerificationError("the client certificate has no allowed name")

    return Allowing


def _normal(name: str) -> str:
    try:  # OpenSSL writes IPv6 addresses in full
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name
