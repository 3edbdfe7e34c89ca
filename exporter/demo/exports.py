"""Report exports of an enterprise, and the signed URLs of their parts."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, get_args
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, uuid5

ReportType = Literal["detailed", "summarized", "premium_request", "ai_credit"]
REPORT_TYPES: frozenset[str] = frozenset(get_args(ReportType))

_KEPT = timedelta(days=31)
_SECRET = b"key of the simulated storage"
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass
class SimulatedExport:
    """A report from ``start`` to ``end``, both included, with the usage known at ``created``.

    It is processing until ``finished``, and then failed if there is an ``error``, else completed
    with ``parts`` files. All fields may be assigned at run time.
    """

    id: str
    type: ReportType
    start: date
    end: date
    created: datetime
    finished: datetime
    actor: str = "monalisa"
    error: str | None = None
    parts: int = 1

    def status(self, now: datetime) -> Literal["processing", "completed", "failed"]:
        if now < self.finished:
            return "processing"
        return "completed" if self.error is None else "failed"

    def kept(self, now: datetime) -> bool:
        """Return whether it is available: for 31 days after completion or failure."""
        return now < self.finished + _KEPT


@dataclass
class SimulatedExports:
    """The exports of an enterprise. All fields may be assigned at run time.

    A new export takes the time ``processing`` and has ``parts`` files, or fails with ``error``.
    Its download URLs are valid for ``urls_last``. ``made`` are all exports, the oldest first; an
    export appended here is one that somebody else made.
    """

    processing: timedelta = timedelta(seconds=20)
    error: str | None = None
    parts: int = 1
    urls_last: timedelta = timedelta(hours=1)
    made: list[SimulatedExport] = field(default_factory=list)
    _signed: int = field(default=0, init=False, repr=False)

    def make(
        self, slug: str, kind: ReportType, start: date, end: date, *, now: datetime, actor: str
    ) -> SimulatedExport:
        export = SimulatedExport(
            id=str(uuid5(NAMESPACE_URL, f"export/{slug}/{len(self.made)}/{now}")),
            type=kind,
            start=start,
            end=end,
            created=now,
            finished=now + self.processing,
            actor=actor,
            error=self.error,
            parts=self.parts,
        )
        self.made.append(export)
        return export

    def kept(self, now: datetime) -> list[SimulatedExport]:
        """Return the available exports, the newest first."""
        return [each for each in reversed(self.made) if each.kept(now)]

    def signed_paths(self, export: SimulatedExport, now: datetime) -> list[str]:
        """Return the paths of the export's parts, each time with another signature."""
        self._signed += 1
        ends = f"{now + self.urls_last:{_TIME}}"
        found = []
        for part in range(1, export.parts + 1):
            path = f"{DOWNLOADS}{export.id}/{part_name(part)}"
            claims = {"se": ends, "sr": "b", "n": str(self._signed)}
            found.append(f"{path}?{urlencode({**claims, 'sig': _signature(path, claims)})}")
        return found


DOWNLOADS = "/usage-report-exports/"
"""Where the paths of downloads begin."""


def part_name(number: int) -> str:
    """Return the name of a part's file; the first has number 1."""
    return f"part-{number}.csv"


def is_signed(path: str, query: Mapping[str, str], now: datetime) -> bool:
    """Return whether the signature in the query is right and has not expired."""
    claims = {name: query.get(name, "") for name in ("se", "sr", "n")}
    right = hmac.compare_digest(query.get("sig", ""), _signature(path, claims))
    return right and f"{now:{_TIME}}" < claims["se"]


def _signature(path: str, claims: Mapping[str, str]) -> str:
    return hmac.digest(_SECRET, f"{path}?{urlencode(claims)}".encode(), "sha256").hex()
