"""Report exports of an enterprise: made by a POST, listed, and polled until they are ready."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import cast

from exporter.demo.answer import (
    CSV_TYPE,
    NO_BLOB,
    NOT_FOUND,
    UNREADABLE_JSON,
    Answer,
    Refused,
    ok,
    refusal,
)
from exporter.demo.endpoints import export_files
from exporter.demo.exports import REPORT_TYPES, ReportType, SimulatedExport, part_name
from exporter.demo.question import Question

_LONGEST = timedelta(days=31)
_LONGEST_SUMMARIZED = timedelta(days=366)
_BUSY = refusal(409, "A usage report export is already being processed.")


def make(question: Question) -> Answer:
    """Answer ``POST /reports`` with 202, or 409 while another one of any type is processing.

    The message of the 409 and the status of a window that is too long are guesses.
    """
    kind, start, end = _wanted(question)
    exports, now = question.account.exports, question.now
    if any(each.status(now) == "processing" for each in exports.made):
        return _BUSY
    made = exports.make(question.account.name, kind, start, end, now=now, actor=question.actor)
    return ok(_described(question, made), status=202)


def listed(question: Question) -> Answer:
    """Answer ``/reports``: all that are kept, without pages (OpenAPI 23.0.2)."""
    kept = question.account.exports.kept(question.now)
    return ok({"usage_report_exports": [_described(question, each) for each in kept]})


def one(question: Question) -> Answer:
    """Answer ``/reports/{id}``."""
    for each in question.account.exports.kept(question.now):
        if each.id == question.item:
            return ok(_described(question, each))
    return NOT_FOUND


def download(question: Question, export: SimulatedExport, name: str) -> Answer:
    """Answer the request for a file of an export, with the usage known when it was made."""
    for number in range(1, export.parts + 1):
        if name == part_name(number):
            body = export_files.part(question.at(export.created), export, number)
            return Answer(200, body, {"content-type": CSV_TYPE})
    return NO_BLOB


def _wanted(question: Question) -> tuple[ReportType, date, date]:
    """Return type, first and last day of the body. Raises `Refused`."""
    try:
        body = json.loads(question.body)
    except ValueError:
        raise Refused(UNREADABLE_JSON) from None
    if not isinstance(body, dict) or body.get("report_type") not in REPORT_TYPES:
        raise Refused(refusal(400, f"report_type must be one of {', '.join(sorted(REPORT_TYPES))}"))
    try:
        start = date.fromisoformat(str(body.get("start_date")))
        end = date.fromisoformat(str(body.get("end_date", question.now.date())))
    except ValueError:
        raise Refused(refusal(400, "start_date and end_date must be dates")) from None
    kind = cast("ReportType", body["report_type"])
    longest = _LONGEST_SUMMARIZED if kind == "summarized" else _LONGEST
    if not start <= end < start + longest:
        raise Refused(refusal(400, f"The date range must be 1 to {longest.days} days"))
    return kind, start, end


def _described(question: Question, export: SimulatedExport) -> Mapping[str, object]:
    now = question.now
    status = export.status(now)
    more: Mapping[str, object] = {}
    if status == "failed":
        more = {"error_message": export.error}
    elif status == "completed" and not export_files.is_empty(question.at(export.created), export):
        paths = question.account.exports.signed_paths(export, now)
        more = {"download_urls": [question.downloads + path for path in paths]}
    return {
        "id": export.id,
        "report_type": export.type,
        "start_date": f"{export.start}",
        "end_date": f"{export.end}",
        "status": status,
        **more,
        "created_at": f"{export.created:%Y-%m-%dT%H:%M:%SZ}",
        "actor": export.actor,
    }
