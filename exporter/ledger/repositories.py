"""Topics and custom properties of an organization's repositories (OpenAPI 23.0.2)."""

from collections.abc import Collection
from datetime import timedelta
from functools import cache
from types import GenericAlias
from typing import Any, NamedTuple, cast

import msgspec

from exporter.accounts import AccountType
from exporter.billing.allocation import Traits
from exporter.billing.values import Text
from exporter.github.api import PER_PAGE, GitHub
from exporter.github.endpoints import CLASSIC_ROOTS
from exporter.github.errors import GitHubError

ENDPOINT = f"{CLASSIC_ROOTS[AccountType.ORGANIZATION]}/repos"

_KEPT = timedelta(days=1)


class Repositories(NamedTuple):
    """Traits by name in folded case; ``failure`` if they are those of an earlier listing."""

    traits: dict[str, Traits]
    failure: GitHubError | None


async def ask_or_none(
    github: GitHub,
    organization: str,
    properties: Collection[str],
    *,
    topics: bool,
    absent: tuple[int, ...],
) -> Repositories | None:
    """Return the repositories that the credential sees, with these ``properties`` and ``topics``.

    None on one of the statuses ``absent``. If GitHub fails, those of the last listing serve for a
    day.
    """
    names = tuple(sorted(properties))
    listed = await github.listed_or_none(
        ENDPOINT,
        cast("type[list[Any]]", GenericAlias(list, (_model(names, topics=topics),))),
        lambda _: False,
        absent=absent,
        within=_KEPT,
        account=organization,
        per_page=PER_PAGE,
    )
    if listed is None:
        return None
    traits = {
        each.name.casefold(): Traits(
            getattr(each, "topics", None), _values(getattr(each, "custom_properties", None), names)
        )
        for page in listed.pages
        for each in page
    }
    return Repositories(traits, listed.failure)


@cache
def _model(properties: tuple[str, ...], *, topics: bool) -> type[Any]:
    # Pages are kept for their ETag: a struct of the wanted fields is the smallest form.
    values = msgspec.defstruct(
        "Properties",
        [(f"value{place}", Any, None) for place in range(len(properties))],
        rename={f"value{place}": name for place, name in enumerate(properties)},
        frozen=True,
    )
    fields: list[tuple[str, Any, None]] = []
    if topics:
        fields.append(("topics", tuple[str, ...] | None, None))
    if properties:
        fields.append(("custom_properties", values | None, None))
    return msgspec.defstruct("Repository", [("name", Text), *fields], frozen=True)


def _values(found: Any, names: tuple[str, ...]) -> dict[str, tuple[str, ...]] | None:
    if found is None:
        return None
    values = zip(names, msgspec.structs.astuple(found), strict=True)
    return {name: texts for name, value in values if (texts := _texts(value))}


def _texts(value: object) -> tuple[str, ...]:
    several = value if isinstance(value, list) else [value]
    return tuple(each for each in several if isinstance(each, str))
