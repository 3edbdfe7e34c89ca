"""Values that know where the user wrote them, so that a fault can say so."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from pydantic_settings import InitSettingsSource

from exporter.settings.model import Loc, Settings


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """A mapping or list of located values, or a plain value. Equal only to itself.

    ``text`` is a plain value as YAML has it written, ``None`` for null and outside of YAML.
    """

    value: object
    place: str
    text: str | None = None

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

    def as_text(self, besides: Collection[Loc], loc: Loc = ()) -> "Located":
        """Take plain values as the texts that they are written as, except at ``besides``."""
        match self.value:
            case dict() as children:
                texts = {k: child.as_text(besides, (*loc, k)) for k, child in children.items()}
                return Located(texts, self.place)
            case list() as items:
                numbered = enumerate(items)
                return Located([x.as_text(besides, (*loc, at)) for at, x in numbered], self.place)
        kept = self.text is None or loc in besides
        return self if kept else Located(self.text, self.place, self.text)

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
