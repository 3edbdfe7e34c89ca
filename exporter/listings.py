"""What a credential can see: lists of accounts, as GitHub gives them to each kind."""

from typing import NamedTuple

import msgspec

from exporter.accounts import AccountType
from exporter.github import graphql
from exporter.github.errors import InvalidPayload
from exporter.github.questions import GitHub

_TYPES = {
    "Organization": AccountType.ORGANIZATION,
    "User": AccountType.USER,
    "Enterprise": AccountType.ENTERPRISE,
}
_OWNED = """
query($slug: String!, $after: String) {
  enterprise(slug: $slug) {
    organizations(first: 100, after: $after) {
      nodes { login }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""


class Seen(NamedTuple):
    """An account that GitHub listed; ``installation`` is the App's id on it."""

    type: AccountType
    name: str
    installation: int | None = None


class Organization(msgspec.Struct, frozen=True):
    login: str


class Installed(msgspec.Struct, frozen=True):
    """Where an App is installed: an enterprise has a slug and no login (OpenAPI 23.0.2)."""

    login: str = ""
    slug: str = ""


class Installation(msgspec.Struct, frozen=True):
    id: int
    target_type: str
    account: Installed | None = None
    suspended_at: str | None = None


class PageInfo(msgspec.Struct, frozen=True, rename="camel"):
    has_next_page: bool
    end_cursor: str | None = None


class Organizations(msgspec.Struct, frozen=True, rename="camel"):
    nodes: list[Organization | None]
    page_info: PageInfo


class Enterprise(msgspec.Struct, frozen=True):
    organizations: Organizations


class OwnedData(msgspec.Struct, frozen=True):
    enterprise: Enterprise | None = None


class Owned(graphql.Answer, frozen=True, kw_only=True):
    data: OwnedData | None = None


def _no_more(_: object) -> bool:
    return False


async def organizations_of_token(github: GitHub) -> list[Seen]:
    """List the organizations of the person behind a token."""
    pages = github.pages("/user/orgs", list[Organization], _no_more, per_page=100)
    return [Seen(AccountType.ORGANIZATION, each.login) async for page in pages for each in page]


async def installations_of_app(github: GitHub) -> list[Seen]:
    """List where an App is installed, unless suspended."""
    pages = github.pages("/app/installations", list[Installation], _no_more, per_page=100)
    return [
        Seen(_TYPES[each.target_type], each.account.login or each.account.slug, each.id)
        async for page in pages
        for each in page
        if each.account and not each.suspended_at and each.target_type in _TYPES
    ]


async def organizations_seen_by_token(github: GitHub, enterprise: str) -> list[Seen]:
    """List an enterprise's organizations, for which REST has no list."""
    found: list[Seen] = []
    after: str | None = None
    cursors: set[str | None] = set()
    while after not in cursors:
        cursors.add(after)
        said = (await github.graphql(_OWNED, Owned, slug=enterprise, after=after)).data
        if said is None or said.enterprise is None:
            raise InvalidPayload(detail="no enterprise in the answer", endpoint=graphql.ENDPOINT)
        page = said.enterprise.organizations
        found += [Seen(AccountType.ORGANIZATION, each.login) for each in page.nodes if each]
        if not page.page_info.has_next_page:
            return found
        after = page.page_info.end_cursor
    raise InvalidPayload(detail="its pages have no end", endpoint=graphql.ENDPOINT)


async def organizations_seen_by_app(github: GitHub, enterprise: str) -> list[Seen]:
    """List an enterprise's organizations as an App that is installed on it."""
    endpoint = "/enterprises/{enterprise}/apps/installable_organizations"
    pages = github.pages(
        endpoint, list[Organization], _no_more, enterprise=enterprise, per_page=100
    )
    return [Seen(AccountType.ORGANIZATION, each.login) async for page in pages for each in page]
