"""GitHub's descriptions of users, organizations, enterprises and teams."""

import zlib
from collections.abc import Mapping

_API = "https://api.github.com"
_WEB = "https://github.com"


def number(name: str) -> int:
    """Return a stable id of a name."""
    return zlib.crc32(name.casefold().encode())


def simple_user(login: str, kind: str = "User") -> Mapping[str, object]:
    """Return a user or organization as part of other answers (OpenAPI, simple-user)."""
    own = f"{_API}/users/{login}"
    return {
        "login": login,
        "id": number(login),
        "node_id": f"U_{number(login)}",
        "avatar_url": f"{_WEB}/images/error/{login}_happy.gif",
        "gravatar_id": "",
        "url": own,
        "html_url": f"{_WEB}/{login}",
        "followers_url": f"{own}/followers",
        "following_url": f"{own}/following{{/other_user}}",
        "gists_url": f"{own}/gists{{/gist_id}}",
        "starred_url": f"{own}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{own}/subscriptions",
        "organizations_url": f"{own}/orgs",
        "repos_url": f"{own}/repos",
        "events_url": f"{own}/events{{/privacy}}",
        "received_events_url": f"{own}/received_events",
        "type": kind,
        "site_admin": False,
    }


def simple_organization(login: str) -> Mapping[str, object]:
    """Return an organization as in lists (OpenAPI, organization-simple)."""
    own = f"{_API}/orgs/{login}"
    return {
        "login": login,
        "id": number(login),
        "node_id": f"O_{number(login)}",
        "url": own,
        "repos_url": f"{own}/repos",
        "events_url": f"{own}/events",
        "hooks_url": f"{own}/hooks",
        "issues_url": f"{own}/issues",
        "members_url": f"{own}/members{{/member}}",
        "public_members_url": f"{own}/public_members{{/member}}",
        "avatar_url": f"{_WEB}/images/error/{login}_happy.gif",
        "description": None,
    }


def enterprise(slug: str) -> Mapping[str, object]:
    """Return an enterprise, which has no login (OpenAPI, enterprise)."""
    return {
        "id": number(slug),
        "slug": slug,
        "name": slug.title(),
        "node_id": f"E_{number(slug)}",
        "html_url": f"{_WEB}/enterprises/{slug}",
        "avatar_url": f"{_WEB}/images/error/{slug}_happy.gif",
        "created_at": "2024-06-02T00:00:00Z",
        "updated_at": "2024-06-02T00:00:00Z",
    }


def organization_team(organization: str) -> Mapping[str, object]:
    """Return a team of an organization (OpenAPI, team)."""
    own = f"{_API}/organizations/{number(organization)}/team/1"
    return {
        "id": 1,
        "node_id": "T_1",
        "name": "Core",
        "slug": "core",
        "description": None,
        "permission": "pull",
        "url": own,
        "html_url": f"{_WEB}/orgs/{organization}/teams/core",
        "members_url": f"{own}/members{{/member}}",
        "repositories_url": f"{own}/repos",
        "type": "organization",
        "parent": None,
    }


def enterprise_team(slug: str) -> Mapping[str, object]:
    """Return a team of an enterprise (OpenAPI, enterprise-team)."""
    own = f"{_API}/enterprises/{slug}/teams/core"
    return {
        "id": 1,
        "name": "Core",
        "slug": "core",
        "url": own,
        "group_id": None,
        "html_url": f"{_WEB}/enterprises/{slug}/teams/core",
        "members_url": f"{own}/memberships{{/member}}",
        "created_at": "2025-01-01T00:00:00Z",
        "updated_at": "2025-01-01T00:00:00Z",
    }
