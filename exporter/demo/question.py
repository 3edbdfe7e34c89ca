"""Requests about the bill of an account."""

from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from exporter.accounts import AccountType
from exporter.demo.accounts import SimulatedAccount
from exporter.demo.answer import BAD_REQUEST, Refused
from exporter.demo.consumption import Activity, Month, Use, uses

T = TypeVar("T")

_MOST_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class Question:
    """A request about an account. ``item`` is the id in its path, if any.

    ``actor`` is the login of the caller, ``downloads`` the origin of download URLs.

    ``members`` are the account and, after it, the accounts that it pays for.
    """

    members: Sequence[SimulatedAccount]
    query: Mapping[str, str]
    now: datetime
    activity: Activity
    item: str = ""
    body: bytes = b""
    actor: str = ""
    downloads: str = ""

    @property
    def account(self) -> SimulatedAccount:
        return self.members[0]

    @property
    def of_enterprise(self) -> bool:
        return self.account.type is AccountType.ENTERPRISE

    @property
    def month(self) -> Month:
        """The current month."""
        return Month(self.now.year, self.now.month)

    def at(self, past: datetime) -> "Question":
        """Return the same question, asked in the past."""
        return replace(self, now=past)

    def uses(self, month: Month, until: datetime | None = None) -> Sequence[Use]:
        return uses(self.members, month, until or self.now, self.activity)

    def period(self) -> tuple[Month, int | None]:
        """Return the requested month and day, by default the current month. Raises `Refused`."""
        query = self.query
        try:
            year = int(query.get("year", self.now.year))
            month = int(query.get("month", self.now.month))
            day = int(query["day"]) if "day" in query else None
            datetime(year, month, 1 if day is None else day, tzinfo=self.now.tzinfo)
        except ValueError:
            raise Refused(BAD_REQUEST) from None
        if not 2000 <= year <= 2999:
            raise Refused(BAD_REQUEST)
        return Month(year, month), day


@dataclass(frozen=True, slots=True)
class Page:
    """The page of a list, by the parameters ``page`` and ``per_page``."""

    number: int
    size: int

    @classmethod
    def asked(cls, query: Mapping[str, str], usual: int) -> "Page":
        """Return the requested page, by default of ``usual`` elements. Raises `Refused`."""
        try:
            number, size = int(query.get("page", 1)), int(query.get("per_page", usual))
        except ValueError:
            raise Refused(BAD_REQUEST) from None
        return cls(max(1, number), min(max(1, size), _MOST_A_PAGE))

    def of(self, whole: Sequence[T]) -> Sequence[T]:
        return whole[(self.number - 1) * self.size : self.number * self.size]

    def last(self, whole: Sized) -> int:
        """Return the number of the last page, 1 for an empty list."""
        return max(1, -(-len(whole) // self.size))
