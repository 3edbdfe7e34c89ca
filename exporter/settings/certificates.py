"""Certificates: whether files and variables name authorities that can be trusted."""

import os
import re
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path

from exporter import files
from exporter.settings.named_files import UnreadableFile, read_for

_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")
"""The only names that OpenSSL opens in a folder."""


def check_certificates(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each variable by which no client can be made."""
    # SSL_CERT_DIR counts only without SSL_CERT_FILE, as in httpx.
    if file := environment.get("SSL_CERT_FILE"):
        if problem := no_certificates(Path(file)):
            yield f"SSL_CERT_FILE: {problem}"
    elif folders := environment.get("SSL_CERT_DIR"):
        problems = [_none_in(Path(folder)) for folder in folders.split(os.pathsep)]
        if all(problems):
            yield f"SSL_CERT_DIR: {problems[0]}"
    if log := environment.get("SSLKEYLOGFILE"):
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).keylog_filename = log
        except OSError as error:
            yield f"SSLKEYLOGFILE: the file cannot be written: {error.strerror}"


def no_certificates(file: Path) -> str:
    """Return why a file holds no certificates, empty if it holds some."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        content = read_for(file, "certificates", files.MOST_TEXT)
    except UnreadableFile as fault:
        return str(fault)
    # A file of revocation lists is trusted, and holds none.
    found = trust(context, content) and context.cert_store_stats()["x509"]
    return "" if found else "the file must hold certificates in PEM"


def trust(context: ssl.SSLContext, content: bytes) -> bool:
    """Trust certificates in PEM. False if the content is something else."""
    try:
        with files.in_memory(content) as path:
            context.load_verify_locations(path)
    except ssl.SSLError:
        return False
    return True


def _none_in(folder: Path) -> str:
    try:
        hashed = [each for each in folder.iterdir() if _HASHED.fullmatch(each.name)]
    except OSError as error:
        return f"the folder cannot be read: {error.strerror}"
    if all(map(no_certificates, hashed)):
        return "the folder must hold certificates by the names that `openssl rehash` gives them"
    return ""
