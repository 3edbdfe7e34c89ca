"""Copilot: the totals of an organization's seats, and the seats in pages."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone

from exporter.accounts import AccountType
from exporter.demo import people
from exporter.demo.accounts import SimulatedAccount
from exporter.demo.answer import NOT_FOUND, Answer, ok
from exporter.demo.question import Page, Question

_USUAL_PAGE = 50
_DAYS_IDLE = (0, 2, 5, 12, None, 20, 45, 75, 120)
"""Days since the last use, in turns; None for people who never used it."""

_ELSEWHERE = timezone(timedelta(hours=-6))
"""GitHub writes dates with an offset (OpenAPI, example)."""

_ENDING = 3
_NEW = 2


def billing(question: Question) -> Answer:
    """Answer an organization's ``/copilot/billing``; active plus inactive is not the total."""
    account = question.account
    if not account.copilot:
        return NOT_FOUND
    used = [
        at
        for number in range(len(account.people))
        if (at := _last_used(number, question.now)) is not None
    ]
    active = sum(at >= question.month.start for at in used)
    return ok(
        {
            "seat_breakdown": {
                "total": len(account.people),
                "added_this_cycle": min(_NEW, len(account.people)),
                "pending_invitation": 1,
                "pending_cancellation": sum(
                    number == _ENDING for number in range(len(account.people))
                ),
                "active_this_cycle": active,
                "inactive_this_cycle": len(used) - active,
            },
            "seat_management_setting": "assign_selected",
            "public_code_suggestions": "block",
            "ide_chat": "enabled",
            "platform_chat": "enabled",
            "cli": "enabled",
            "plan_type": "business",
        }
    )


def seats(question: Question) -> Answer:
    """Answer ``/copilot/billing/seats``: a row per grant, so a person may have two."""
    members = [member for member in question.members if member.copilot]
    if not members:
        return NOT_FOUND
    granted = [seat for member in members for seat in _granted(member, question.now)]
    holders = {login for member in members for login in member.people}
    page = Page.asked(question.query, _USUAL_PAGE)
    return ok(
        {"total_seats": len(holders), "seats": page.of(granted)}, last_page=page.last(granted)
    )


def _granted(account: SimulatedAccount, now: datetime) -> Iterator[Mapping[str, object]]:
    """Yield an account's seats; those of an enterprise are assigned by its team."""
    own = account.type is AccountType.ENTERPRISE
    organization = None if own else people.simple_organization(account.name)
    make_team = people.enterprise_team if own else people.organization_team
    for number, login in enumerate(account.people):
        last_used = _last_used(number, now)
        written = None if last_used is None else _written(last_used)
        yield {
            "created_at": "2025-08-03T18:00:00-06:00",
            "updated_at": "2025-09-23T15:00:00-06:00",
            "pending_cancellation_date": _month_after(now) if number == _ENDING else None,
            "last_activity_at": written,
            "last_activity_editor": None if written is None else "vscode/1.77.3/copilot/1.86.82",
            "last_authenticated_at": written,
            "plan_type": "unknown" if number == _ENDING else "business",
            "assignee": people.simple_user(login),
            "organization": organization,
            "assigning_team": make_team(account.name) if number % 2 else None,
        }


def _last_used(number: int, now: datetime) -> datetime | None:
    # At midnight, so that answers change only once a day.
    days = _DAYS_IDLE[number % len(_DAYS_IDLE)]
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return None if days is None else today - timedelta(days=days)


def _written(at: datetime) -> str:
    return at.astimezone(_ELSEWHERE).isoformat(timespec="seconds")


def _month_after(now: datetime) -> str:
    year, month = divmod(now.year * 12 + now.month, 12)
    return f"{year}-{month + 1:02}-01"
