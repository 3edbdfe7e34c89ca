"""Accounts: their types, platforms, quotas and shards."""

import hashlib
import re
from dataclasses import dataclass, field
from enum import StrEnum

from exporter.own import Own


class AccountType(StrEnum):
    ORGANIZATION = "organization"
    USER = "user"
    ENTERPRISE = "enterprise"


class Platform(StrEnum):
    """GitHub's two billing platforms: the endpoints that it closed, and the usage reports."""

    LEGACY = "legacy"
    USAGE = "usage"


@dataclass(frozen=True, slots=True)
class Quotas:
    """Minutes, transfer and storage that a plan includes per month; ``None`` if unknown."""

    actions_minutes: float | None = None
    packages_bandwidth_gigabytes: float | None = None
    shared_storage_gigabytes: float | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """An account to watch, named as the user configured it.

    ``platform`` is ``None`` to detect it. ``quotas`` override those of the plan. ``own`` is what
    the settings add to the bill.
    """

    type: AccountType
    name: str
    platform: Platform | None = None
    quotas: Quotas = field(default=Quotas())
    own: Own = field(default=Own())

    @property
    def key(self) -> tuple[AccountType, str]:
        return account_key(self.type, self.name)

    @property
    def names(self) -> dict[str, str]:
        """The log fields that name the account."""
        return {"account_type": self.type.value, "account": self.name}

    def __str__(self) -> str:
        return f"{self.type} {self.name}"


def account_key(kind: AccountType, name: str) -> tuple[AccountType, str]:
    """Return the identity of an account. GitHub ignores the case of names."""
    return kind, name.casefold()


def is_name(text: str) -> bool:
    """Return whether an account may have this name, one segment of a path (docs: usernames)."""
    return re.fullmatch(r"[A-Za-z0-9._-]+", text) is not None and text not in {".", ".."}


@dataclass(frozen=True, slots=True)
class Shard:
    """Replica ``index``, counted from 0, of ``count``."""

    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def holds(self, account: Account) -> bool:
        """Return whether this replica watches the account; exactly one of ``count`` does.

        Rendezvous hashing: the replica with the highest hash of its index and the account wins.
        An additional replica takes accounts from all others; no other account moves.
        """
        kind, name = account.key

        def score(index: int) -> bytes:
            return hashlib.blake2b(f"{index} {kind} {name}".encode(), digest_size=8).digest()

        return max(range(self.count), key=score) == self.index
