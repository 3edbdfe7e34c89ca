"""Repositories of an organization in pages, with their topics and custom properties."""

from collections.abc import Mapping, Sequence

from exporter.accounts import AccountType
from exporter.demo import people
from exporter.demo.accounts import SimulatedAccount
from exporter.demo.answer import NOT_FOR_APPS, NOT_FOR_THIS_TOKEN, NOT_FOUND, Answer, ok
from exporter.demo.callers import Caller, Kind
from exporter.demo.question import Page

_USUAL_PAGE = 30
_PATHS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
    "url": "",
}


def listed(
    accounts: Sequence[SimulatedAccount],
    caller: Caller,
    organization: str,
    query: Mapping[str, str],
) -> Answer:
    """Answer ``/orgs/{org}/repos``, for owners in an enterprise's ``repositories`` too.

    All are private: a classic token needs the scope ``repo``. An App on the enterprise cannot
    read its organizations.
    """
    itself = SimulatedAccount(AccountType.ORGANIZATION, organization)
    holders = [each for each in accounts if each.key == itself.key or _owns(each, organization)]
    if not holders or not any(map(caller.sees, [itself, *holders])):
        return NOT_FOUND
    of_other_app = caller.installation is not None and not caller.sees(itself)
    if of_other_app or any("repositories" in each.hidden for each in holders):
        return NOT_FOR_APPS if caller.installation else NOT_FOR_THIS_TOKEN
    found = {
        name: _described(owner, name, holder)
        for holder in holders
        for owner, name in holder.existing_repositories
        if owner.casefold() == organization.casefold()
    }
    shown = [] if caller.kind is Kind.CLASSIC and not caller.may("repo") else list(found.values())
    page = Page.asked(query, _USUAL_PAGE)
    return ok(page.of(shown), last_page=page.last(shown))


def _owns(account: SimulatedAccount, organization: str) -> bool:
    return account.type is AccountType.ENTERPRISE and any(
        owner.casefold() == organization.casefold() for owner, _ in account.owned_repositories
    )


def _described(owner: str, name: str, holder: SimulatedAccount) -> Mapping[str, object]:
    """Return a repository (OpenAPI, minimal-repository)."""
    full = f"{owner}/{name}"
    own = f"https://api.github.com/repos/{full}"
    return {
        "id": people.number(full),
        "node_id": f"R_{people.number(full)}",
        "name": name,
        "full_name": full,
        "owner": people.simple_user(owner, "Organization"),
        "private": True,
        "visibility": "private",
        "html_url": f"https://github.com/{full}",
        "description": None,
        "fork": False,
        "archived": False,
        "disabled": False,
        "size": 108,
        "default_branch": "main",
        "topics": holder.topics.get(holder.written(owner, name), []),
        "custom_properties": holder.properties.get(holder.written(owner, name), {}),
        "created_at": "2025-01-01T00:00:00Z",
        "updated_at": "2025-01-01T00:00:00Z",
        "pushed_at": "2025-01-01T00:00:00Z",
        **{key: own + path for key, path in _PATHS.items()},
    }
