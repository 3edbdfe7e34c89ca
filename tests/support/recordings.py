"""Recordings of ``check --record`` as a GitHub: each request gets its recorded answers in turn."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
from prometheus_client.parser import text_string_to_metric_families

from exporter.app import App
from exporter.collectors import ALL
from exporter.commands.checking.gathering import gathered
from exporter.commands.checking.report import AccountReport, CollectorReport, Report
from exporter.github.auth import from_token
from exporter.recording.answers import Answer
from exporter.recording.folder import ANSWERS, REPORT
from exporter.settings import load
from exporter.web.exposition import text
from tests.support.world import virtual

_OTHERS = {"", *(each.name for each in ALL if not each.turned_on_by and not each.makes)}
"""Collectors that need no settings and no download, which a recording does not have."""

_URLS = {"Enterprise Server": "https://github.invalid/api/v3"}


def folders(parent: Path) -> list[Path]:
    """Return the recordings in a folder."""
    return sorted(path.parent for path in parent.glob(f"*/{REPORT}"))


def answers(folder: Path) -> list[Answer]:
    """Return the answers of a recording, in the order of the requests."""
    paths = (folder / ANSWERS).glob("*.json")
    found = [msgspec.json.decode(path.read_bytes(), type=Answer) for path in paths]
    return sorted(found, key=lambda answer: answer.number)


def report(folder: Path) -> Report:
    return msgspec.json.decode((folder / REPORT).read_bytes(), type=Report)


def replayed(account: AccountReport) -> Iterator[CollectorReport]:
    """Yield the collectors of an account that a recording can replay."""
    beside = {each.name: each.beside for each in ALL}
    for each in account.collectors:
        if {each.name, beside[each.name]} <= _OTHERS:
            yield each


class Replay(httpx.AsyncBaseTransport):
    """Answers as recorded. The last answer to a request is repeated; ``missing`` had none."""

    def __init__(self, folder: Path) -> None:
        self._answers: defaultdict[tuple[str, ...], list[Answer]] = defaultdict(list)
        for answer in answers(folder):
            self._answers[answer.key].append(answer)
        self.missing: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v3").removeprefix("/api")
        asked = Answer(
            number=0,
            method=request.method,
            endpoint="",
            path=path,
            host="other",
            seconds=0.0,
            query=dict(request.url.params),
            post=_posted(request.content),
        )
        found = self._answers.get(asked.key)
        if not found:
            self.missing.append(f"{asked.method} {path}?{request.url.query.decode()}")
            return httpx.Response(404, stream=_Bytes(b"{}"))
        answer = found.pop(0) if len(found) > 1 else found[0]
        if answer.status is None:
            raise _error(answer)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Bytes(_body(answer), answer)
        )


class _Bytes(httpx.AsyncByteStream):
    def __init__(self, content: bytes, answer: Answer | None = None) -> None:
        self._content = content
        self._answer = answer

    async def __aiter__(self) -> Any:
        yield self._content
        if self._answer and self._answer.failure:
            raise _error(self._answer)


def _body(answer: Answer) -> bytes:
    if answer.is_json:
        return msgspec.json.encode(answer.body)
    filler = b"<" if answer.headers.get("content-type") == "text/html" else b"{"
    return filler.ljust(answer.length)


def _error(answer: Answer) -> Exception:
    error: Exception = getattr(httpx, answer.failure)("as recorded")
    return error


def _posted(content: bytes) -> Any:
    if not content:
        return None
    sent = msgspec.json.decode(content)
    return {key: value for key, value in sent.items() if key != "query"}


class Replayed(NamedTuple):
    """The report and the page of a replay, and requests that the recording lacks."""

    report: Report
    page: str
    missing: list[str]


def replay(folder: Path) -> Replayed:
    """Poll every account of a recording once, at the recorded time."""
    found: list[Replayed] = []

    async def replaying() -> None:
        app, transport = assembled(folder)
        await app.once()
        page = text(app.poller.page(), app.telemetry.registry).decode()
        found.append(Replayed(gathered(app), page, transport.missing))

    virtual(replaying)
    return found[0]


def check(folder: Path) -> None:
    """Assert that a recording replays: as whole a page, and every collector in the same state."""
    recorded, found = report(folder), replay(folder)
    assert found.missing == []
    assert _ends(found.report) == _ends(recorded)
    families = text_string_to_metric_families(found.page)
    series = [(each.name, *sorted(each.labels.items())) for its in families for each in its.samples]
    assert series
    assert len(set(series)) == len(series)


def _ends(of: Report) -> dict[tuple[str, ...], tuple[object, ...]]:
    """Return how each collector and each account ended, if it was polled."""
    polled = [account for account in of.accounts if account.collectors]
    ends: dict[tuple[str, ...], tuple[object, ...]] = {}
    for account in polled:
        name = account.type, account.name
        ends[name] = account.state, account.platform
        for each in replayed(account):
            reason = each.cause.reason if each.cause else ""
            ends[*name, each.name] = each.state, each.series, reason
    return ends


def _entry(account: AccountReport) -> Mapping[str, Any]:
    """Return the settings of an account with the collectors that the recording has."""
    asked = {each.name: each for each in replayed(account)}
    of_type = [each for each in ALL if account.type in each.permissions]
    required = {each.name for each in of_type if each.required}
    named = {name for name, each in asked.items() if each.required}
    return {
        account.type: account.name,
        "collectors": sorted(named - required),
        "no_collectors": sorted({each.name for each in of_type if each.default} - asked.keys()),
    }


def assembled(folder: Path) -> tuple[App, Replay]:
    """Return an exporter that watches a recording's accounts at the recorded time."""
    recorded, replay = report(folder), Replay(folder)
    at = datetime.fromisoformat(recorded.at)
    entries = [_entry(account) for account in recorded.accounts if account.collectors]
    hosts = {answer.host for answer in answers(folder)}
    url = next((_URLS[host] for host in hosts if host in _URLS), "https://api.github.com")
    settings = load({"accounts": entries, "github": {"api_url": url}}, {}, ALL)
    app = App.assemble(
        settings,
        from_token("default", "ghp_" + "recorded" * 5),
        transport=replay,
        clock=lambda: at,
        process=False,
    )
    return app, replay
