"""A GitHub that makes report exports as the test scripts them."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.collect import CANARY, answer
from tests.support.world import row

ROOT = "/enterprises/acme-corp/settings/billing/reports"
SUMMARY = "/enterprises/acme-corp/settings/billing/usage/summary"
SIGNATURE = "sig-canary"
HEADER = (
    "date,product,sku,quantity,unit_type,applied_cost_per_quantity,gross_amount,discount_amount,"
    "net_amount,username,organization,repository,workflow_path,cost_center_name"
)


def line(
    workflow: str = ".github/workflows/test.yml",
    *,
    day: str = "2026-10-01",
    sku: str = "actions_linux",
    quantity: object = 3,
    gross: float = 0.018,
    net: float = 0.018,
    user: str = CANARY,
    organization: str = "acme-platform",
    repository: str = "web",
) -> str:
    """Return a row of a detailed report, with a person in it."""
    amounts = quantity, "minutes", 0.006, gross, gross - net, net
    names = user, organization, repository, workflow, ""
    cells = (day, "actions", sku, *amounts, *names)
    return ",".join('"' + str(cell).replace('"', '""') + '"' for cell in cells)


def file(*lines: str, header: str = HEADER, end: str = "\r\n") -> bytes:
    return ("\ufeff" + end.join([header, *lines, ""])).encode()


def url(part: int = 1, *, renewed: int = 0) -> str:
    return f"https://files.example/part-{part}.csv?n={renewed}&{SIGNATURE}"


def export(
    status: str = "completed",
    *,
    id: str = "e-1",  # noqa: A002  (GitHub's name)
    made: str | None = "2026-10-12T08:00:00Z",
    kind: str = "detailed",
    days: tuple[str, str] = ("2026-10-01", "2026-10-12"),
    **more: object,
) -> dict[str, object]:
    """Return an export as GitHub lists it, with the person who asked for it."""
    start, end = days
    return {
        "id": id,
        "report_type": kind,
        "start_date": start,
        "end_date": end,
        "status": status,
        "created_at": made,
        "actor": CANARY,
        **more,
    }


@dataclass
class ScriptedExports:
    """Answers the requests for exports; 404 to others.

    ``listed`` are the answers to the list, ``ones`` those to single exports: the last one again.
    ``files`` are the answers to each part, by number, and ``posted`` the answer to a POST: exports,
    bytes, statuses or exceptions.
    """

    files: Mapping[int, list[Any]] = field(default_factory=dict)
    listed: Sequence[Any] = ((),)
    posted: object = field(default_factory=export)
    ones: Sequence[Any] = ()
    summary: object = field(default_factory=lambda: usage(row()))
    requests: list[httpx.Request] = field(default_factory=list)
    _renewed: int = 0
    _turns: Counter[str] = field(default_factory=Counter)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path = request.url.path
        if request.url.host == "files.example":
            number = int(path.removeprefix("/part-").removesuffix(".csv"))
            said = self._turn(f"part {number}", self.files[number])
            if isinstance(said, Exception):
                raise said
            return answer(said)
        if request.method == "POST":
            if isinstance(self.posted, Exception):
                raise self.posted
            if isinstance(self.posted, int):
                return answer(self.posted)
            return httpx.Response(202, json=self.posted)
        if path == ROOT:
            said = self._turn("listed", self.listed)
            return answer(said if isinstance(said, int) else {"usage_report_exports": [*said]})
        if path.startswith(ROOT):
            return answer(self._turn("ones", self.ones) if self.ones else self._completed())
        return answer(self.summary if path == SUMMARY else 404)

    def _turn(self, of: str, said: Sequence[Any]) -> Any:
        self._turns[of] += 1
        return said[min(self._turns[of], len(said)) - 1]

    def _completed(self) -> dict[str, object]:
        urls = [url(part, renewed=self._renewed) for part in self.files]
        self._renewed += 1
        return export() | ({"download_urls": urls} if urls else {})

    @property
    def asked(self) -> list[str]:
        """The requests as method and path, without the path of the exports."""
        return [
            f"{each.method} {each.url.path.removeprefix(ROOT) or '/'}" for each in self.requests
        ]

    @property
    def posts(self) -> list[dict[str, object]]:
        return [json.loads(each.content) for each in self.requests if each.method == "POST"]

    @property
    def downloads(self) -> list[httpx.Request]:
        return [each for each in self.requests if each.url.host == "files.example"]


def usage(*rows: dict[str, object]) -> dict[str, object]:
    """Return a usage summary of October."""
    return {"timePeriod": {"year": 2026, "month": 10}, "usageItems": list(rows)}
