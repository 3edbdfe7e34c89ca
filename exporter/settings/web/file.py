"""Reads the web configuration file of Prometheus exporters."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from exporter.settings.model import Loc
from exporter.settings.sentences import sentence
from exporter.settings.sources.located import Sources
from exporter.settings.sources.yaml_file import read_yaml
from exporter.settings.web import model
from exporter.settings.web.tls import TlsFault, build_context, check_tls, names_all_curves


@dataclass(frozen=True, slots=True)
class WebConfig:
    """The web configuration.

    ``users`` maps names to bcrypt hashes; if it is empty, there is no authentication.
    ``rate_limit`` is ``None`` if it is off. ``sections`` are the keys of the file, including
    empty ones. ``warnings`` are lines about settings with an unexpected effect.
    """

    tls: ssl.SSLContext | None
    users: Mapping[bytes, bytes] = field(repr=False)
    headers: tuple[tuple[bytes, bytes], ...]
    rate_limit: model.RateLimit | None
    sections: frozenset[str]
    warnings: tuple[str, ...]


class WebRead(NamedTuple):
    """The configuration, or every error in the file, a line each."""

    config: WebConfig | None
    faults: tuple[str, ...] = ()


def read_web_file(
    path: Path, place: str, opening: Callable[[Path], None] = lambda _: None
) -> WebRead:
    """Read the file and the files that it names, with paths relative to its directory.

    ``place`` is the setting of the path. ``opening`` is called with each path before it is read.
    """
    opening(path)
    tree, faults = read_yaml(path, place)
    sources = Sources((tree.as_text(model.NOT_TEXT),))
    try:
        document = model.WebDocument.model_validate(sources.trees[0].plain())
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        told = [f"{sources.place(*e['loc'])}: {sentence(e, model.WebDocument)}" for e in errors]
        return WebRead(None, (*faults, *told))
    place_of = partial(sources.place, "tls_server_config")
    tls, context = document.tls_server_config, None
    if tls.model_fields_set:
        faults += tuple(f"{place_of(key)}: {fault}" for key, fault in check_tls(tls))
    if faults:
        return WebRead(None, faults)
    try:
        if tls.model_fields_set:
            context = build_context(tls, path.parent, opening)
    except TlsFault as fault:
        return WebRead(None, (f"{place_of(fault.key)}: {fault}",))
    except OSError as error:
        named = f": {error.filename}" if error.filename else ""
        return WebRead(
            None, (f"{place}: a file that it names cannot be read: {error.strerror}{named}",)
        )
    users = document.basic_auth_users.items()
    headers = document.http_server_config.headers.model_dump(by_alias=True)
    return WebRead(
        WebConfig(
            context,
            {name.encode(): secret.get_secret_value().encode() for name, secret in users},
            tuple((k.lower().encode(), v.encode()) for k, v in headers.items() if v),
            document.rate_limit if document.rate_limit.interval else None,
            frozenset(document.model_fields_set),
            tuple(f"{sources.place(*loc)}: {warning}" for loc, warning in _warnings(document)),
        )
    )


def _warnings(document: model.WebDocument) -> Iterator[tuple[Loc, str]]:
    if document.http_server_config.http2:
        yield (
            ("http_server_config", "http2"),
            "HTTP/2 is not supported: clients use HTTP/1.1 instead",
        )
    for key, warning in _warnings_of_tls(document.tls_server_config):
        yield ("tls_server_config", key), warning
    if document.rate_limit.interval and not document.rate_limit.burst:
        yield (
            ("rate_limit", "burst"),
            "a burst of 0 refuses every request, as in Go: set it to at least 1",
        )
    for name, hashed in document.basic_auth_users.items():
        if model.cost(hashed) > model.SLOW_COST:
            yield (
                ("basic_auth_users", name),
                (
                    f"with a bcrypt cost above {model.SLOW_COST}, the first login takes longer "
                    "than Prometheus's scrape_timeout, and other logins wait: use a cost of 10"
                ),
            )


def _warnings_of_tls(tls: model.TlsServer) -> Iterator[tuple[str, str]]:
    if any(name in model.TLS13_CIPHER_SUITES for name in tls.cipher_suites):
        yield (
            "cipher_suites",
            "all TLS 1.3 suites are always enabled, as in Go: listing them has no effect",
        )
    if names_all_curves(tls):
        yield "curve_preferences", "all curves are enabled, in OpenSSL's order"
    if tls.client_auth_type != "NoClientCert" and not (tls.client_ca or tls.client_ca_file):
        yield (
            "client_auth_type",
            (
                "without client_ca_file, client certificates of every authority that this machine "
                "trusts are accepted, as in Go"
            ),
        )
