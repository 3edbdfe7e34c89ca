"""Content negotiation: the headers Accept and Accept-Encoding (RFC 9110, section 12.5)."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from prometheus_client import exposition
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

Encode = Callable[[Collector], bytes]


class Format(NamedTuple):
    """A format of /metrics and the ranges of Accept that select it."""

    content_type: str
    encode: Encode
    ranges: tuple[str, ...]


_KNOWN_HEADERS = 32  # a scraper sends the same one each time
_ANY_TEXT = ("text/plain", "text/*", "*/*")
TEXT = Format(
    exposition.CONTENT_TYPE_PLAIN_0_0_4,
    exposition.generate_latest,
    ("text/plain;version=0.0.4", *_ANY_TEXT),
)
_FORMATS = (
    TEXT,
    Format(
        exposition.CONTENT_TYPE_PLAIN_1_0_0,
        exposition.generate_latest,
        ("text/plain;version=1.0.0", *_ANY_TEXT),
    ),
    Format(
        openmetrics.CONTENT_TYPE_LATEST,
        openmetrics.generate_latest,
        ("application/openmetrics-text", "application/*", "*/*"),
    ),
)


class _Preference(NamedTuple):
    """Of equal weights the more exact range wins, then the earlier one."""

    weight: float = 0.0
    exactness: int = 0
    place: int = 0


@lru_cache(_KNOWN_HEADERS)
def chosen_format(accept: str) -> Format:
    """Return the format with the highest weight, or plain text if none is accepted."""
    wanted: dict[str, _Preference] = {}
    for place, (name, parameters) in enumerate(_elements(accept)):
        version = parameters.get("version", "")
        if name == "text/plain" and version:
            # Any other version counts as 1.0.0.
            name += ";version=0.0.4" if version == "0.0.4" else ";version=1.0.0"  # noqa: PLW2901
        preference = _Preference(_weight(parameters), -name.count("*"), -place)
        wanted[name] = max(preference, wanted.get(name, preference))

    def preference_of(form: Format) -> _Preference:
        return next((wanted[name] for name in form.ranges if name in wanted), _Preference())

    best = max(_FORMATS, key=preference_of)
    return best if preference_of(best).weight else TEXT


@lru_cache(_KNOWN_HEADERS)
def accepts_gzip(accept_encoding: str) -> bool:
    """Return whether gzip has at least the weight of an uncompressed body."""
    wanted = {name: _weight(parameters) for name, parameters in _elements(accept_encoding)}
    packed = wanted.get("gzip", wanted.get("*", 0.0))
    return packed > 0 and packed >= wanted.get("identity", 0.0)


def _elements(header: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    for element in header.lower().split(","):
        name, *parameters = "".join(element.split()).split(";")
        pairs = (parameter.partition("=") for parameter in parameters)
        yield name, {key: value.strip('"') for key, _, value in pairs}


def _weight(parameters: Mapping[str, str]) -> float:
    try:
        weight = float(parameters.get("q", "1"))
    except ValueError:
        return 1.0
    return weight if 0 <= weight <= 1 else 1.0
