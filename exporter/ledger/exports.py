"""Report exports of an enterprise: CSV files that GitHub makes on demand (OpenAPI 23.0.2, GHEC).

An enterprise has one export at a time (observed: 409), so the list is asked before one is made,
and one of the same days that is running, or was made today, is used.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec

from exporter.accounts import Account, AccountType
from exporter.billing.cycle import Cycle
from exporter.github.api import GitHub
from exporter.github.client import DOWNLOAD
from exporter.github.endpoints import USAGE_ROOTS
from exporter.github.errors import InvalidPayload, Rejected, Unreachable
from exporter.ledger import summary
from exporter.ledger.export_part import Part, Window
from exporter.ledger.row import Dimension, Row
from exporter.ledger.totals import Totals

ENDPOINT = f"{USAGE_ROOTS[AccountType.ENTERPRISE]}/settings/billing/reports"
ONE = f"{ENDPOINT}/{{id}}"

_DETAILED = "detailed"
_PROCESSING, _COMPLETED, _FAILED = "processing", "completed", "failed"
_CONFLICT = 409
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 30.0
_FAILED_AGAIN = timedelta(hours=1)
_ABSENT = (400, 404, 422)
_ASKED = 3
_ID = re.compile(r"[A-Za-z0-9-]{1,80}")
_DATE = len("2026-10-31")


class _Export(msgspec.Struct, frozen=True, kw_only=True):
    """An export. The person who asked for it, and why it failed, are not read."""

    id: str
    status: str
    report_type: str = ""
    start_date: str = ""
    end_date: str = ""
    created_at: datetime | None = None
    download_urls: list[str] | None = None

    def __post_init__(self) -> None:
        if _ID.fullmatch(self.id) is None:
            raise ValueError("id is not an id")

    def is_for(self, window: Window) -> bool:
        days = self.start_date[:_DATE], self.end_date[:_DATE]
        return self.report_type == _DETAILED and days == tuple(map(str, window))

    @property
    def made(self) -> datetime:
        """The time of the request for it, the beginning of its last day if unknown."""
        at = self.created_at or datetime.fromisoformat(self.end_date[:_DATE])
        return at if at.tzinfo else at.replace(tzinfo=UTC)


class _Exports(msgspec.Struct, frozen=True):
    usage_report_exports: list[_Export]


@dataclass(frozen=True, slots=True)
class Exported:
    """The sums of an export, and the products and SKUs of all its rows."""

    totals: Totals
    skus: frozenset[tuple[str, str]]


def window_of(cycle: Cycle, now: datetime) -> Window:
    """Return the days of a month up to ``now``."""
    return Window(cycle.start.date(), min(cycle.end - timedelta(days=1), now).date())


async def ask(
    github: GitHub,
    account: Account,
    cycle: Cycle,
    now: datetime,
    by: Sequence[Dimension],
    *,
    totals: Callable[[], Totals],
    wanted: Callable[[Row], bool] = lambda _: True,
    tell: Callable[[str], None] = lambda _: None,
) -> Exported:
    """Sum the rows of a month's detailed report that are ``wanted`` into new ``totals``, by ``by``.

    ``tell`` is called with a line for each wait and download. Raises `InvalidPayload` if the report
    is another enterprise's.
    """
    window = window_of(cycle, now)
    export = await _found(github, account, window, now) or await _made(github, account, window, now)
    export = await _finished(github, account, export, tell)
    urls = export.download_urls or []
    new_part = partial(Part, account, window, by, totals, wanted)
    whole: Part | None = None
    for number in range(len(urls)):
        tell(f"downloading part {number + 1} of {len(urls)} …")
        part = await github.download(urls[number], new_part)
        if part is None:
            urls = await _renewed(github, account, export)
            part = await github.download(urls[number], new_part)
        if part is None:
            raise Rejected(detail="the host refuses the URL of the download", endpoint=DOWNLOAD)
        if whole is None:
            whole = part
        else:
            whole.update(part)
    if whole is None:  # no rows (observed)
        return Exported(totals(), frozenset())
    await _check_enterprise(github, account, cycle, whole)
    return Exported(whole.totals, frozenset(whole.skus))


async def _found(github: GitHub, account: Account, window: Window, now: datetime) -> _Export | None:
    """Return a running or fresh export of these days. Raises `Rejected` if one just failed."""
    answer = await github.get_current(ENDPOINT, _Exports, account=account.name)
    same = [each for each in answer.usage_report_exports if each.is_for(window)]
    same.sort(key=lambda each: each.made, reverse=True)
    for each in same:
        fresh = each.status == _COMPLETED and each.made.date() == now.date()
        if fresh or each.status == _PROCESSING:
            return each
    if any(each.status == _FAILED and now - each.made < _FAILED_AGAIN for each in same):
        raise _failed()
    return None


async def _made(github: GitHub, account: Account, window: Window, now: datetime) -> _Export:
    wanted = {
        "report_type": _DETAILED,
        "start_date": str(window.first),
        "end_date": str(window.last),
        "send_email": False,
    }
    made = await github.make(ENDPOINT, _Export, wanted, conflict=_CONFLICT, account=account.name)
    made = made or await _found(github, account, window, now)
    if made is None:
        raise Rejected(
            detail="another export of the enterprise is running, and GitHub makes one at a time",
            hint="The next poll asks again.",
            endpoint=ENDPOINT,
            status=_CONFLICT,
        )
    return made


async def _finished(
    github: GitHub, account: Account, export: _Export, tell: Callable[[str], None]
) -> _Export:
    waited = 0.0
    if export.status != _PROCESSING:
        export = await _one(github, account, export)
    for pause in _pauses(github.seconds_left):
        if export.status != _PROCESSING:
            break
        waited += pause
        tell(f"waiting for GitHub to make the export ({waited:.0f} s) …")
        await github.wait(pause)
        export = await _one(github, account, export)
    if export.status == _COMPLETED:
        return export
    if export.status == _FAILED:
        raise _failed()
    if export.status == _PROCESSING:
        raise Unreachable(
            detail="GitHub is still making the export",
            hint="The next poll continues with it. Raise the timeout if it is never in time.",
            endpoint=ONE,
        )
    raise InvalidPayload(detail="status is none of an export", endpoint=ONE)


def _pauses(seconds: float) -> Iterator[float]:
    pause = _FIRST_PAUSE
    while seconds > pause:
        yield pause
        seconds -= pause
        pause = min(2 * pause, _LONGEST_PAUSE)


async def _one(github: GitHub, account: Account, export: _Export) -> _Export:
    return await github.get_current(ONE, _Export, account=account.name, id=export.id)


async def _renewed(github: GitHub, account: Account, export: _Export) -> list[str]:
    urls = (await _one(github, account, export)).download_urls or []
    if len(urls) != len(export.download_urls or []):
        raise InvalidPayload(detail="download_urls changed in number", endpoint=ONE)
    return urls


def _failed() -> Rejected:
    return Rejected(
        detail="GitHub failed to make the export",
        hint="GitHub is asked for another one after an hour. If that fails, ask GitHub Support.",
        endpoint=ENDPOINT,
    )


async def _check_enterprise(github: GitHub, account: Account, cycle: Cycle, whole: Part) -> None:
    """Raise `InvalidPayload` if the enterprise has no usage of the dearest organizations."""
    # The summary may lack free usage, such as that of self-hosted runners.
    billed = [each for each in whole.organizations.items() if each[1] > 0]
    dearest = sorted(billed, key=lambda each: (-each[1], each[0]))
    for organization, _ in dearest[:_ASKED]:  # an organization may have left the enterprise
        if await summary.ask_or_none(
            github, account, cycle, absent=_ABSENT, organization=organization
        ):
            return
    if dearest:
        raise InvalidPayload(
            detail="the export is of organizations that the usage summary does not have: is it "
            "another enterprise's?",
            endpoint=DOWNLOAD,
        )
