"""Rows of AI usage by the model that was used."""

from collections.abc import Iterable
from typing import Protocol, TypeVar


class ModelRow(Protocol):
    @property
    def model(self) -> str | None: ...


_Row = TypeVar("_Row", bound=ModelRow)


def by_model(rows: Iterable[_Row]) -> dict[str, list[_Row]]:
    """Group rows by model as GitHub names it, trimmed; empty for rows that name none.

    Names of models are no spellings.
    """
    groups: dict[str, list[_Row]] = {}
    for row in rows:
        groups.setdefault((row.model or "").strip(), []).append(row)
    return groups
