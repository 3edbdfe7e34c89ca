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

    Names of properties ignore case. None on one of the statuses ``absent``. If GitHub fails, those
    of the last listing serve for a day.
    """
    names = tuple(sorted({name.casefold() for name in properties}))
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
            getattr(each, "topics", None),
            _texts_by_name(getattr(each, "custom_properties", None), names),
        )
        for page in listed.pages
        for each in page
    }
    return Repositories(traits, listed.failure)


@cache
def _model(properties: tuple[str, ...], *, topics: bool) -> type[Any]:
    def keep_wanted(repository: Any) -> None:
        # Pages are kept for their ETag: a tuple of the wanted values is the smallest form.
        if (found := repository.custom_properties) is not None:
            folded = {name.casefold(): value for name, value in found.items()}
            wanted = tuple(map(folded.get, properties))
            msgspec.structs.force_setattr(repository, "custom_properties", wanted)

    fields: list[tuple[str, Any, None]] = []
    if topics:
        fields.append(("topics", tuple[str, ...] | None, None))
    if properties:
        fields.append(("custom_properties", dict[str, Any] | None, None))
    return msgspec.defstruct(
        "Repository",
        [("name", Text), *fields],
        namespace={"__post_init__": keep_wanted} if properties else None,
        frozen=True,
    )


def _texts_by_name(
    values: tuple[object, ...] | None, names: tuple[str, ...]
) -> dict[str, tuple[str, ...]] | None:
    if values is None:
        return None
    named = zip(names, values, strict=True)
    return {name: texts for name, value in named if (texts := _texts(value))}


def _texts(value: object) -> tuple[str, ...]:
    several = value if isinstance(value, list) else [value]
    return tuple(each for each in several if isinstance(each, str))
