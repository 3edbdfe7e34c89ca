"""Permissions: what GitHub requires of each kind of credential."""

from dataclasses import dataclass

from exporter.github.auth import Family


@dataclass(frozen=True, slots=True)
class Permission:
    """What a credential needs to read something, by its family; empty if GitHub refuses that one.

    A token's user must also be ``of`` a role. ``note`` continues the text, or replaces it if no
    permission is needed.
    """

    of: str = ""
    classic: str = ""
    fine_grained: str = ""
    app: str = ""
    note: str = ""

    def __str__(self) -> str:
        return self.needed_by(Family.OTHER)

    def needed_by(self, family: Family) -> str:
        """Return what a credential of a family needs, or which other one is needed instead."""
        classic = self.classic and f"classic token with {self.classic}"
        fine_grained = self.fine_grained and f"fine-grained token with {self.fine_grained}"
        app = self.app and f"App with {self.app}"
        every = ", or ".join(filter(None, (classic, fine_grained)))
        match family:
            case Family.CLASSIC if classic:
                needed = self._whose(classic)
            case Family.FINE_GRAINED if every:
                refused = ", because GitHub allows no fine-grained token"
                needed = self._whose(fine_grained) if fine_grained else f"{every}{refused}"
            case Family.APP if every:
                refused = f"token of {self.of}, because GitHub allows no App"
                needed = app or refused
            case _:
                needed = "; or ".join(filter(None, (every and self._whose(every), app)))
        return f"{needed}{self.note}" or "none"

    def _whose(self, token: str) -> str:
        return f"{token}, of {self.of}"
