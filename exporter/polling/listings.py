"""What a credential can see: lists of accounts, as GitHub gives them to each kind."""

from typing import Annotated, NamedTuple, TypeVar

import msgspec

from exporter.accounts import AccountType
from exporter.billing.values import Text, fits_label
from exporter.github import graphql
from exporter.github.api import GitHub
from exporter.github.body import Understood
from exporter.github.errors import InvalidPayload

T = TypeVar("T", bound=msgspec.Struct)
Elements = list[msgspec.Raw]

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
    login: Annotated[str, msgspec.Meta(min_length=1)]


class Installed(msgspec.Struct, frozen=True):
    """Where an App is installed: an enterprise has a slug and no login (OpenAPI 23.0.2)."""

    login: Text | None = None
    slug: Text | None = None

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("it has no name")

    @property
    def name(self) -> str:
        return self.login or self.slug or ""


class Installation(msgspec.Struct, frozen=True):
    id: int
    target_type: str
    account: Installed | None = None
    suspended_at: str | None = None


class PageInfo(msgspec.Struct, frozen=True, rename="camel"):
    has_next_page: bool
    end_cursor: str | None = None


class Organizations(msgspec.Struct, frozen=True, rename="camel"):
    page_info: PageInfo
    nodes: Elements | None = None


class Enterprise(msgspec.Struct, frozen=True):
    organizations: Organizations | None = None


class OwnedData(msgspec.Struct, frozen=True):
    enterprise: Enterprise | None = None


class Owned(graphql.Answer, frozen=True, kw_only=True):
    data: OwnedData | None = None

    @property
    def organizations(self) -> Organizations | None:
        enterprise = self.data.enterprise if self.data else None
        return enterprise.organizations if enterprise else None

    @property
    def has_data(self) -> bool:
        return self.organizations is not None and self.organizations.nodes is not None


def _no_more(_: object) -> bool:
    return False


def _read(github: GitHub, elements: Elements, model: type[T], endpoint: str) -> list[T]:
    """Decode the elements of a list; it comes short by those that are not understood."""
    found = Understood(model, endpoint, fits_label).add(elements)
    if lost := len(elements) - len(found):
        detail = f"not understood and left out: {lost} of the {len(elements)} listed"
        github.comes_short(InvalidPayload(detail=detail, endpoint=endpoint, status=200))
    return found


async def _organizations(github: GitHub, endpoint: str, **params: str) -> list[Seen]:
    pages = github.pages(endpoint, Elements, _no_more, **params, per_page=100)
    return [
        Seen(AccountType.ORGANIZATION, each.login)
        async for page in pages
        for each in _read(github, page, Organization, endpoint)
    ]


async def organizations_of_token(github: GitHub) -> list[Seen]:
    """List the organizations of the person behind a token."""
    return await _organizations(github, "/user/orgs")


async def installations_of_app(github: GitHub) -> list[Seen]:
    """List where an App is installed, unless suspended."""
    endpoint = "/app/installations"
    pages = github.pages(endpoint, Elements, _no_more, per_page=100)
    return [
        Seen(_TYPES[each.target_type], each.account.name, each.id)
        async for page in pages
        for each in _read(github, page, Installation, endpoint)
        if each.account and not each.suspended_at and each.target_type in _TYPES
    ]


async def organizations_seen_by_token(github: GitHub, enterprise: str) -> list[Seen]:
    """List an enterprise's organizations, for which REST has no list."""
    found: list[Seen] = []
    after: str | None = None
    cursors: set[str | None] = set()
    while after not in cursors:
        cursors.add(after)
        said = await github.graphql(_OWNED, Owned, slug=enterprise, after=after)
        page = said.organizations
        if page is None or page.nodes is None:
            raise InvalidPayload(detail="no organizations in it", endpoint=graphql.ENDPOINT)
        listed = _read(github, page.nodes, Organization, graphql.ENDPOINT)
        found += [Seen(AccountType.ORGANIZATION, each.login) for each in listed]
        if not page.page_info.has_next_page:
            return found
        after = page.page_info.end_cursor
    raise InvalidPayload(detail="its pages have no end", endpoint=graphql.ENDPOINT)


async def organizations_seen_by_app(github: GitHub, enterprise: str) -> list[Seen]:
    """List an enterprise's organizations as an App that is installed on it."""
    endpoint = "/enterprises/{enterprise}/apps/installable_organizations"
    return await _organizations(github, endpoint, enterprise=enterprise)
