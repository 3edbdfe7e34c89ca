"""Answers as they are recorded: the format of a recording's files."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import httpx
import msgspec

from exporter.github.client import DOWNLOAD, fill
from exporter.recording import bodies, fields, headers, words
from exporter.recording.pseudonyms import Pseudonyms
from exporter.recording.tape import Taken

Host = Literal["github.com", "data residency", "Enterprise Server", "other"]


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One file of a recording: a request, and what GitHub answered."""

    number: int
    method: str
    endpoint: str
    path: Annotated[str, msgspec.Meta(description="With pseudonyms, from the API's root.")]
    host: Host
    seconds: float
    query: dict[str, str] = {}
    post: Annotated[Any, msgspec.Meta(description="The JSON that was sent.")] = None
    status: int | None = None
    failure: Annotated[str, msgspec.Meta(description="httpx's error if it was cut.")] = ""
    headers: dict[str, str] = {}
    length: Annotated[int, msgspec.Meta(description="Bytes of the body.")] = 0
    is_json: bool = False
    unknown: Annotated[
        list[str], msgspec.Meta(description="Fields that GitHub's description lacks; left out.")
    ] = []
    body: Any = None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """The same for the same request."""
        query = str(httpx.QueryParams(sorted(self.query.items())))
        return (
            self.method,
            self.path,
            query,
            msgspec.json.encode(self.post, order="sorted").decode(),
        )


def answer(number: int, taken: Taken, names: Pseudonyms) -> Answer:
    """Return an answer without names, secrets and real amounts."""
    content = None
    if taken.endpoint != DOWNLOAD and taken.size <= len(taken.body):
        content = bodies.unpacked(bytes(taken.body), taken.headers.get("content-encoding", ""))
    refused = taken.status is None or not 200 <= taken.status < 300
    of_endpoint = fields.of_endpoint(taken.endpoint)
    body = bodies.masked(content, of_endpoint, names, refused=refused)
    is_download = taken.endpoint == DOWNLOAD
    moved = _moved(taken, names)
    return Answer(
        number=number,
        method=taken.method,
        endpoint=taken.endpoint,
        path="" if is_download else path(taken.url.path, taken.endpoint, names),
        query={} if is_download else headers.parameters(taken.url, names),
        post=_posted(taken.post, names),
        host=_host(taken.url),
        status=taken.status,
        failure=taken.failure,
        headers=headers.masked(taken.headers, names) | moved,
        seconds=round(taken.seconds, 2),
        is_json=body.is_json,
        length=taken.size if content is None else len(content),
        unknown=body.unknown,
        body=body.json,
    )


def path(asked: str, endpoint: str, names: Pseudonyms) -> str:
    """Return the path of a request with pseudonyms, a pseudonym if it is another endpoint's."""
    pattern = "".join(
        f"(?P<{part[1:-1]}>[^/]+)" if part.startswith("{") else re.escape(part)
        for part in re.split(r"(\{\w+\})", endpoint)
    )
    found = re.search(f"{pattern}$", asked)
    if found is None:
        return f"/{names.of(asked, 'path')}"
    return fill(endpoint, {name: names.of(value) for name, value in found.groupdict().items()})


def _moved(taken: Taken, names: Pseudonyms) -> dict[str, str]:
    """Return the address of a redirect within the host."""
    try:
        target = taken.url.join(taken.headers["location"])
    except (KeyError, httpx.InvalidURL, ValueError):  # ValueError: an invalid IDNA or IPv6 host
        return {}
    if (target.scheme, target.netloc) != (taken.url.scheme, taken.url.netloc) or target.userinfo:
        return {}
    query = httpx.QueryParams(headers.parameters(target, names))
    moved = path(target.path, taken.endpoint, names)
    return {"location": f"{moved}?{query}" if query else moved}


def _posted(content: bytes, names: Pseudonyms) -> Any:
    """Return the JSON of a request; the text of a GraphQL query is the exporter's own."""

    def masked(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: masked(each) for key, each in value.items() if key != "query"}
        masks = isinstance(value, str) and not words.is_time(value)
        return names.of(value) if masks else value

    return masked(msgspec.json.decode(content)) if content else None


def _host(url: httpx.URL) -> Host:
    if url.host == "api.github.com":
        return "github.com"
    if url.host.endswith(".ghe.com"):
        return "data residency"
    return "Enterprise Server" if url.path.startswith("/api/") else "other"
