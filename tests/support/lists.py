"""A GitHub that lists a credential's accounts, and worlds that discover them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec

from exporter.demo import DEMO_TOKEN, SimulatedAccount
from exporter.github.auth import Credential
from tests.support.app_server import AppServer
from tests.support.world import World, discovering, enterprise, organization, virtual

ACME, BETA, GAMMA, DELTA = (organization(name) for name in ("acme", "beta", "gamma", "delta"))
CORP = enterprise("acme-corp")

PAGE = 2
"""Accounts per page."""


@dataclass
class Lists:
    """A GitHub that lists accounts; the simulated GitHub of ``world`` serves their bills.

    ``seen`` lists a token's organizations, ``owned`` those of each enterprise: names or raw
    elements, or the status of a refusal. ``sso`` has the ``x-github-sso`` header by page, which a
    304 lacks. ``errors`` has GraphQL errors sent beside the data, by the index of the page's first
    element. Requests whose path contains ``held`` wait for ``hanging``.
    """

    seen: list[Any] | int = field(default_factory=list)
    owned: dict[str, list[Any] | int] = field(default_factory=dict)
    sso: dict[int, str] = field(default_factory=dict)
    errors: dict[int, list[Any]] = field(default_factory=dict)
    app: AppServer | None = None
    world: World | None = None
    paths: list[str] = field(default_factory=list)
    hanging: asyncio.Event | None = None
    held: str = "beta"
    unchanged: int = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.paths.append(path)
        if self.hanging is not None and self.held in path:
            await self.hanging.wait()
        match path.strip("/").split("/"):
            case ["user", "orgs"]:
                return self._page(request, self.seen)
            case [*_, "graphql"]:
                return self._graphql(request)
            case ["enterprises", slug, "apps", "installable_organizations"]:
                return self._page(request, self.owned[slug])
            case ["app", *_] | [_, _, "installation"] if self.app:
                return self.app(request)
        assert self.world is not None
        request.headers["authorization"] = f"Bearer {DEMO_TOKEN}"
        return await httpx.ASGITransport(self.world.github).handle_async_request(request)

    def _page(self, request: httpx.Request, names: list[Any] | int) -> httpx.Response:
        if isinstance(names, int):
            return httpx.Response(names, json={"message": "no"})
        number = int(request.url.params.get("page", "1"))
        shown = names[(number - 1) * PAGE : number * PAGE]
        url = request.url.copy_set_param("page", number + 1)
        headers = {"link": f'<{url}>; rel="next"'} if names[number * PAGE :] else {}
        headers["etag"] = f'"{hash((str(shown), number))}"'
        if request.headers.get("if-none-match") == headers["etag"]:
            self.unchanged += 1
            return httpx.Response(304, headers=headers)
        if number in self.sso:
            headers["x-github-sso"] = self.sso[number]
        return httpx.Response(200, json=list(map(_element, shown)), headers=headers)

    def _graphql(self, request: httpx.Request) -> httpx.Response:
        asked = msgspec.json.decode(request.content)
        assert request.method == "POST"
        assert "organizations(first: 100, after: $after)" in asked["query"]
        names = self.owned.get(asked["variables"]["slug"], 404)
        if isinstance(names, int):
            kind = {404: "NOT_FOUND", 403: "FORBIDDEN"}.get(names, "SERVICE")
            refused = {"data": {"enterprise": None}, "errors": [{"type": kind, "message": "no"}]}
            return httpx.Response(200, json=refused)
        first = int(asked["variables"]["after"] or 0)
        page = {"hasNextPage": bool(names[first + PAGE :]), "endCursor": str(first + PAGE)}
        nodes = list(map(_element, names[first : first + PAGE]))
        data = {"enterprise": {"organizations": {"nodes": nodes, "pageInfo": page}}}
        told = {"errors": self.errors[first]} if first in self.errors else {}
        return httpx.Response(200, json={"data": data, **told})


def _element(listed: object) -> object:
    return {"login": listed} if isinstance(listed, str) else listed


def world_of(
    lists: Lists,
    *accounts: SimulatedAccount,
    watched: Sequence[SimulatedAccount] = (),
    secret: Credential | None = None,
    github: Mapping[str, object] | None = None,
    poll: Mapping[str, object] | None = None,
    **discover: Any,
) -> World:
    lists.world = World(
        *accounts,
        watched=watched,
        settings={
            "discover": {"enabled": True, **discover},
            "github": github or {},
            "poll": poll or {},
        },
        credential=secret,
        transport=httpx.MockTransport(lists),
    )
    return lists.world


def scene(
    lists: Lists,
    scenario: Callable[[World], Awaitable[None]],
    *accounts: SimulatedAccount,
    watched: Sequence[SimulatedAccount] = (),
    credential: Callable[[], Credential] | None = None,
    **discover: Any,
) -> None:
    """Run a world that discovers from ``lists`` and has the bills of ``accounts``."""

    async def run() -> None:
        secret = credential() if credential else None
        world = world_of(lists, *accounts, watched=watched, secret=secret, **discover)
        async with discovering(world):
            await world.passes(seconds=10)
            await scenario(world)

    virtual(run)


def names(world: World) -> set[str]:
    return {watched.account.name for watched in world.app.poller.accounts}


def series_of(world: World, name: str) -> int:
    return sum(f'account="{name}"' in line for line in world.text().splitlines())
