"""Values with their place in the source, for error messages."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from exporter.settings.model import Loc, Settings


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """A mapping or list of located values, or a plain value. Compared by identity.

    ``text`` is a plain value as written in YAML; ``None`` for null and for other sources.
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

    def plain(self) -> Any:
        match self.value:
            case dict() as children:
                return {key: child.plain() for key, child in children.items()}
            case list() as items:
                return [item.plain() for item in items]
        return self.value

    def as_text(self, besides: Collection[Loc], loc: Loc = ()) -> "Located":
        """Return plain values as written in the file, except at ``besides``."""
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
    """The settings of each source, in order of precedence."""

    trees: tuple[Located, ...]

    def settings(self) -> Settings:
        """Merge the sources. Raises pydantic's ``ValidationError``."""
        merged: dict[str, Any] = {}
        for tree in reversed(self.trees):
            _update(merged, tree.plain())
        return Settings(**merged)

    def at(self, loc: Loc) -> Located | None:
        """Return the effective value at ``loc``; ``None`` for a default."""
        return next((found for tree in self.trees if (found := tree.at(loc))), None)

    def nearest(self, loc: Loc) -> Located:
        """Return the value at ``loc``, else the innermost value that encloses it."""
        return self.at(loc) or self.nearest(loc[:-1])

    def place(self, *loc: str | int) -> str:
        return self.nearest(loc).place

    def without(self, cut: Collection[Located]) -> "Sources":
        return Sources(tuple(tree.without(cut) for tree in self.trees))


def _update(below: dict[str, Any], above: Mapping[str, Any]) -> None:
    for key, value in above.items():
        if isinstance(value, Mapping) and isinstance(below.get(key), dict):
            _update(below[key], value)
        else:
            below[key] = value
