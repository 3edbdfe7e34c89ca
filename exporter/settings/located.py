"""Values that know where the user wrote them, so that a fault can say so."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from pydantic_settings import InitSettingsSource

from exporter.settings.model import Loc, Settings


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """A mapping or list of located values, or a plain value. Equal only to itself."""

    value: object
    place: str

    def at(self, loc: Loc) -> "Located | None":
        found: Located | None = self
        for step in loc:
            match found and found.value, step:
                case dict() as children, str():
                    found = children.get(step)
                case list() as items, int() if step < len(items):
                    found = items[step]
                case _:
                    return None
        return found

    def plain(self) -> object:
        match self.value:
            case dict():
                return self.plain_children()
            case list() as items:
                return [item.plain() for item in items]
        return self.value

    def plain_children(self) -> dict[str, object]:
        children = self.value if isinstance(self.value, dict) else {}
        return {key: child.plain() for key, child in children.items()}

    def without(self, cut: Collection["Located"]) -> "Located":
        match self.value:
            case dict() as children:
                kept = {k: child.without(cut) for k, child in children.items() if child not in cut}
                return Located(kept, self.place)
            case list() as items:
                return Located([item.without(cut) for item in items if item not in cut], self.place)
        return self


class Sources(NamedTuple):
    """What the user wrote, as trees of mappings, the ruling one first."""

    trees: tuple[Located, ...]

    def settings(self) -> Settings:
        """Merge the sources. pydantic's ``ValidationError`` where they make no settings."""
        sources = tuple(
            InitSettingsSource(Settings, init_kwargs=tree.plain_children()) for tree in self.trees
        )
        return Settings(_build_sources=(sources, {}))

    def at(self, loc: Loc) -> Located | None:
        """Find the value that rules at a place; ``None`` for a default."""
        return next((found for tree in self.trees if (found := tree.at(loc))), None)

    def nearest(self, loc: Loc) -> Located:
        """Find the value at a place, else the innermost one around it."""
        return next(found for length in range(len(loc), -1, -1) if (found := self.at(loc[:length])))

    def without(self, cut: Collection[Located]) -> "Sources":
        return Sources(tuple(tree.without(cut) for tree in self.trees))
