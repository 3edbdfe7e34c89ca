"""Which replica watches which account: a stable division that adding a replica hardly changes."""

import hashlib
from dataclasses import dataclass

from exporter.accounts import Account


@dataclass(frozen=True, slots=True)
class Shard:
    """The replica ``index``, counted from 0, of ``count``."""

    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def holds(self, account: Account) -> bool:
        """Whether this replica watches the account; exactly one of ``count`` does.

        The replica with the highest hash of its number and the account wins (rendezvous
        hashing), so that one more replica takes its share from all and moves nothing else.
        """
        return max(range(self.count), key=lambda index: _score(account, index)) == self.index


def _score(account: Account, index: int) -> bytes:
    kind, name = account.key
    return hashlib.blake2b(f"{index} {kind} {name}".encode(), digest_size=8).digest()
