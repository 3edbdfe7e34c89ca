"""Reads the web configuration file of Prometheus's exporters."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from exporter.settings.located import Sources
from exporter.settings.sentences import sentence
from exporter.settings.tls import TlsFault, build_context, check_tls
from exporter.settings.web_model import TLS13_CIPHER_SUITES, WebDocument
from exporter.settings.yaml_file import read_yaml

_NOT_HERE = {
    "rate_limit": "is not supported here: leave it out, and limit the rate in a proxy before it"
}
"""What other exporters take, told apart from what none takes."""


@dataclass(frozen=True, slots=True)
class WebConfig:
    """What the file comes to. ``users`` are names and bcrypt hashes; none is nobody asked.

    ``sections`` are the keys of the file, empty ones included. ``warnings`` say what it wants
    and is not done, though it may stay.
    """

    tls: ssl.SSLContext | None
    users: Mapping[bytes, bytes] = field(repr=False)
    headers: tuple[tuple[bytes, bytes], ...]
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
    refused = {key: found for key in _NOT_HERE if (found := tree.at((key,)))}
    faults += tuple(f"{found.place}: {_NOT_HERE[key]}" for key, found in refused.items())
    sources = Sources((tree.without(refused.values()),))
    try:
        document = WebDocument.model_validate(sources.trees[0].plain())
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        told = [f"{sources.nearest(e['loc']).place}: {sentence(e, WebDocument)}" for e in errors]
        return WebRead(None, (*faults, *told))
    place_of = partial(_tls_place, sources)
    tls = document.tls_server_config
    faults += tuple(check_tls(tls, place_of)) if tls.model_fields_set else ()
    if faults:
        return WebRead(None, faults)
    try:
        context = (
            build_context(tls, path.parent, place_of, opening) if tls.model_fields_set else None
        )
    except TlsFault as fault:
        return WebRead(None, (str(fault),))
    headers = document.http_server_config.headers.model_dump(by_alias=True)
    return WebRead(
        WebConfig(
            context,
            {
                name.encode(): secret.get_secret_value().encode()
                for name, secret in document.basic_auth_users.items()
            },
            tuple((k.lower().encode(), v.encode()) for k, v in headers.items() if v),
            frozenset(document.model_fields_set),
            tuple(_warnings(document, sources)),
        )
    )


def _tls_place(sources: Sources, key: str) -> str:
    return sources.nearest(("tls_server_config", key)).place


def _warnings(document: WebDocument, sources: Sources) -> Iterator[str]:
    if document.http_server_config.http2:
        place = sources.nearest(("http_server_config", "http2")).place
        yield f"{place}: HTTP/1.1 is served, which every client of HTTP/2 speaks too"
    if any(name in TLS13_CIPHER_SUITES for name in document.tls_server_config.cipher_suites):
        place = _tls_place(sources, "cipher_suites")
        yield f"{place}: the suites of TLS 1.3 are all on, whichever are named, as in Go"
