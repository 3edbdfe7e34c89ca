"""Reads the web configuration file of Prometheus's exporters."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from exporter.settings.sentences import sentence
from exporter.settings.sources.located import Sources
from exporter.settings.sources.yaml_file import read_yaml
from exporter.settings.web.model import (
    NOT_TEXT,
    SLOW_COST,
    TLS13_CIPHER_SUITES,
    RateLimit,
    TlsServer,
    WebDocument,
    cost,
)
from exporter.settings.web.tls import (
    PlaceOf,
    TlsFault,
    build_context,
    check_tls,
    names_all_curves,
)


@dataclass(frozen=True, slots=True)
class WebConfig:
    """What the file comes to. ``users`` are names and bcrypt hashes; none is nobody asked.

    ``rate_limit`` is ``None`` if it is off. ``sections`` are the keys of the file, empty ones
    included. ``warnings`` say what is not done as the file has it, or is done at a price.
    """

    tls: ssl.SSLContext | None
    users: Mapping[bytes, bytes] = field(repr=False)
    headers: tuple[tuple[bytes, bytes], ...]
    rate_limit: RateLimit | None
    sections: frozenset[str]
    warnings: tuple[str, ...]


class WebRead(NamedTuple):
    """The file as one, or every fault in it, a line each."""

    config: WebConfig | None
    faults: tuple[str, ...] = ()


def read_web_file(
    path: Path, place: str, opening: Callable[[Path], None] = lambda _: None
) -> WebRead:
    """Read the file and those that it names, whose relative paths start at its folder.

    ``place`` is where the user named it. ``opening`` is told each file before it is read.
    """
    opening(path)
    tree, faults = read_yaml(path, place)
    sources = Sources((tree.as_text(NOT_TEXT),))
    try:
        document = WebDocument.model_validate(sources.trees[0].plain())
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        told = [f"{sources.place(*e['loc'])}: {sentence(e, WebDocument)}" for e in errors]
        return WebRead(None, (*faults, *told))
    place_of = partial(sources.place, "tls_server_config")
    tls = document.tls_server_config
    context = None
    if tls.model_fields_set:
        faults += tuple(check_tls(tls, place_of))
    if faults:
        return WebRead(None, faults)
    try:
        if tls.model_fields_set:
            context = build_context(tls, path.parent, place_of, opening)
    except TlsFault as fault:
        return WebRead(None, (str(fault),))
    except OSError as error:
        return WebRead(None, (f"{place}: what it names cannot be read: {error.strerror}",))
    headers = document.http_server_config.headers.model_dump(by_alias=True)
    return WebRead(
        WebConfig(
            context,
            {
                name.encode(): secret.get_secret_value().encode()
                for name, secret in document.basic_auth_users.items()
            },
            tuple((k.lower().encode(), v.encode()) for k, v in headers.items() if v),
            document.rate_limit if document.rate_limit.interval else None,
            frozenset(document.model_fields_set),
            tuple(_warnings(document, sources)),
        )
    )


def _warnings(document: WebDocument, sources: Sources) -> Iterator[str]:
    if document.http_server_config.http2:
        place = sources.place("http_server_config", "http2")
        yield f"{place}: HTTP/1.1 is served, which every client of HTTP/2 speaks too"
    yield from _warnings_of_tls(
        document.tls_server_config, partial(sources.place, "tls_server_config")
    )
    if document.rate_limit.interval and not document.rate_limit.burst:
        place = sources.place("rate_limit", "burst")
        yield f"{place}: a burst of 0 refuses every request, as in Go: set it to 1 at least"
    for name, hashed in document.basic_auth_users.items():
        if cost(hashed) > SLOW_COST:
            place = sources.place("basic_auth_users", name)
            yield (
                f"{place}: a cost above {SLOW_COST} makes the first login take longer than "
                "Prometheus's scrape_timeout, and all others wait for it: 10 is usual"
            )


def _warnings_of_tls(tls: TlsServer, place_of: PlaceOf) -> Iterator[str]:
    if any(name in TLS13_CIPHER_SUITES for name in tls.cipher_suites):
        place = place_of("cipher_suites")
        yield f"{place}: the suites of TLS 1.3 are all on, whichever are named, as in Go"
    if names_all_curves(tls):
        yield f"{place_of('curve_preferences')}: all curves are on, in the order of OpenSSL"
    if tls.client_auth_type != "NoClientCert" and not (tls.client_ca or tls.client_ca_file):
        yield (
            f"{place_of('client_auth_type')}: without client_ca_file, certificates of all "
            "authorities that this machine trusts come in, as in Go"
        )
