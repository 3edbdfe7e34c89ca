"""An enterprise's licenses by person, and their synchronization with its servers."""

from collections.abc import Mapping
from datetime import timedelta

from exporter.demo.answer import Answer, ok
from exporter.demo.question import Page, Question

_USUAL_PAGE = 30
_BOUGHT_BY = 50


def consumed(question: Question) -> Answer:
    """Answer ``/consumed-licenses``; only page 1 has the totals, as one client has observed."""
    employers: dict[str, list[str]] = {}
    for member in question.members:
        for login in member.people:
            employers.setdefault(login, []).append(member.name)
    page = Page.asked(question.query, _USUAL_PAGE)
    totals = {
        "total_seats_consumed": len(employers),
        "total_seats_purchased": -(-len(employers) // _BOUGHT_BY) * _BOUGHT_BY,
    }
    return ok(
        {
            **(totals if page.number == 1 else {}),
            "users": [_person(login, names) for login, names in page.of(list(employers.items()))],
        },
        last_page=page.last(employers),
    )


def _person(login: str, employers: list[str]) -> Mapping[str, object]:
    # ``github_com_two_factor_auth`` is sometimes text.
    email = f"{login}@example.com"
    return {
        "github_com_login": login,
        "github_com_name": login.title(),
        "enterprise_server_user_ids": [f"ghes.example.com:{len(login)}"],
        "github_com_user": True,
        "enterprise_server_user": False,
        "visual_studio_subscription_user": False,
        "license_type": "enterprise",
        "github_com_profile": f"https://github.com/{login}",
        "github_com_member_roles": [f"{name}:Member" for name in employers],
        "github_com_enterprise_roles": ["member"],
        "github_com_verified_domain_emails": [email],
        "github_com_saml_name_id": email,
        "github_com_orgs_with_pending_invites": [],
        "github_com_two_factor_auth": True if len(login) % 2 else "",
        "enterprise_server_emails": [email],
        "visual_studio_license_status": "",
        "visual_studio_subscription_email": "",
        "total_user_accounts": 1,
    }


def synchronised(question: Question) -> Answer:
    """Answer ``/license-sync-status``: one of two servers has failed for days."""
    today = question.now.replace(hour=3, minute=0, second=0, microsecond=0)
    return ok(
        {
            "server_instances": [
                _server("deadbeef1", 1, f"{today - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"),
                _server(
                    "filetoffish1",
                    2,
                    f"{today - timedelta(days=9):%Y-%m-%dT%H:%M:%SZ}",
                    error="The server could not be reached.",
                ),
            ]
        }
    )


def _server(server_id: str, number: int, date: str, error: str = "") -> Mapping[str, object]:
    status = "failure" if error else "success"
    return {
        "server_id": server_id,
        "hostname": f"ghes-{number}.example.com",
        "last_sync": {"date": date, "status": status, "error": error},
    }
