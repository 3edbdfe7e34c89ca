"""Checks of CA certificates, in files and in the TLS variables of the environment."""

import os
import re
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path

from exporter import files
from exporter.settings.named_files import UnreadableFile, read_for

_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")
"""The only file names that OpenSSL looks up in a directory."""


def check_certificates(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield an error line for each variable with which no client can be created."""
    # Like httpx, ignore SSL_CERT_DIR if SSL_CERT_FILE is set.
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
            yield f"SSLKEYLOGFILE: {files.problem(Path(log), error, 'write')}"


def no_certificates(file: Path) -> str:
    """Return the error if a file contains no certificates, else an empty string."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        content = read_for(file, "certificates", files.MOST_TEXT)
    except UnreadableFile as fault:
        return str(fault)
    # A file with only revocation lists loads without an error.
    found = trust(context, content) and context.cert_store_stats()["x509"]
    return "" if found else f"{file.absolute()} must contain certificates in PEM format"


def trust(context: ssl.SSLContext, content: bytes) -> bool:
    """Load PEM certificates into the context. Return False if the content is invalid."""
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
        return files.problem(folder, error)
    if all(map(no_certificates, hashed)):
        where = folder.absolute()
        return f"{where} must contain certificates: add them, then run `openssl rehash` on it"
    return ""
