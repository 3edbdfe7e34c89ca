"""Lists of the accounts that a credential can see, by kind of credential."""

from typing import Annotated, NamedTuple, TypeVar

import msgspec

from exporter.accounts import AccountType, account_key
from exporter.billing.values import Text, fits_label
from exporter.github import graphql
from exporter.github.api import PER_PAGE, GitHub
from exporter.github.body import Understood
from exporter.github.errors import InvalidPayload

T = TypeVar("T", bound=msgspec.Struct)
Elements = list[msgspec.Raw]

_TYPES = {account_type.capitalize(): account_type for account_type in AccountType}
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

    @property
    def key(self) -> tuple[AccountType, str]:
        return account_key(self.type, self.name)


class Organization(msgspec.Struct, frozen=True):
    login: Annotated[str, msgspec.Meta(min_length=1)]


class Installed(msgspec.Struct, frozen=True):
    """The account of an installation: an enterprise has a slug and no login (OpenAPI 23.0.2)."""

    login: Text | None = None
    slug: Text | None = None

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("the account has no name")

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


async def _pages(github: GitHub, model: type[T], endpoint: str, **params: str) -> list[T]:
    pages = github.pages(endpoint, Elements, lambda _: False, **params, per_page=PER_PAGE)
    return [each async for page in pages for each in _read(github, page, model, endpoint)]


def _read(github: GitHub, elements: Elements, model: type[T], endpoint: str) -> list[T]:
    found = Understood(model, endpoint, fits_label).add(elements)
    if lost := len(elements) - len(found):
        detail = f"invalid entries left out: {lost} of {len(elements)}"
        github.add_shortfall(InvalidPayload(detail=detail, endpoint=endpoint, status=200))
    return found


def _seen(organizations: list[Organization]) -> list[Seen]:
    return [Seen(AccountType.ORGANIZATION, each.login) for each in organizations]


async def organizations_of_token(github: GitHub) -> list[Seen]:
    """Return the organizations of a token's user."""
    return _seen(await _pages(github, Organization, "/user/orgs"))


async def installations_of_app(github: GitHub) -> list[Seen]:
    """Return the accounts on which an App is installed and not suspended."""
    return [
        Seen(_TYPES[each.target_type], each.account.name, each.id)
        for each in await _pages(github, Installation, "/app/installations")
        if each.account and not each.suspended_at and each.target_type in _TYPES
    ]


async def organizations_seen_by_token(github: GitHub, enterprise: str) -> list[Seen]:
    """Return an enterprise's organizations by GraphQL: REST has no such list."""
    found: list[Seen] = []
    after: str | None = None
    cursors: set[str | None] = set()
    while after not in cursors:
        cursors.add(after)
        page = (await github.graphql(_OWNED, Owned, slug=enterprise, after=after)).organizations
        if page is None or page.nodes is None:
            raise InvalidPayload(
                detail="the response has no organizations", endpoint=graphql.ENDPOINT
            )
        found += _seen(_read(github, page.nodes, Organization, graphql.ENDPOINT))
        if not page.page_info.has_next_page:
            return found
        after = page.page_info.end_cursor
    raise InvalidPayload(detail="the pages never end", endpoint=graphql.ENDPOINT)


async def organizations_seen_by_app(github: GitHub, enterprise: str) -> list[Seen]:
    """Return an enterprise's organizations for an App installed on it."""
    endpoint = "/enterprises/{enterprise}/apps/installable_organizations"
    return _seen(await _pages(github, Organization, endpoint, enterprise=enterprise))
