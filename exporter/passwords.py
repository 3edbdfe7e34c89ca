"""Passwords of those who ask the server: bcrypt, off the event loop, and the same work for all."""

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import bcrypt

_MOST_WAITING = 100
_LONGEST = 72
"""Bytes: bcrypt looks at no more, and htpasswd and Go pass over the rest."""


class TooManyChecksError(Exception):
    """So many passwords are being checked that another would wait for seconds."""


class Passwords:
    """Checks passwords, each right one once; what is kept of it tells nobody the password."""

    def __init__(self, matches: Callable[[bytes, bytes], bool] = bcrypt.checkpw) -> None:
        self._matches = matches
        self._key = secrets.token_bytes(32)
        self._right: set[bytes] = set()
        self._checking: dict[bytes, asyncio.Future[bool]] = {}
        # One alone, so that strangers' guesses leave the machine its other cores.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="password")

    async def allow(self, users: Mapping[bytes, bytes], name: bytes, password: bytes) -> bool:
        """Say whether ``users``, names and hashes, hold the name with this password.

        A name that is not there is compared with the hash of one that is, always the same one,
        so that the time of an answer does not tell which names there are. Wrong passwords are
        not remembered, so that guesses cannot push out what is right.

        Raises `TooManyChecksError`.
        """
        decoy = sorted(users.values())[self._number(name) % len(users)]
        hashed = users.get(name, decoy)
        password = password[:_LONGEST]
        digest = self._digest(b" ".join(map(base64.b64encode, (name, hashed, password))))
        right = digest in self._right or await self._checked(digest, password, hashed)
        if not right or name not in users:
            return False
        self._right.add(digest)
        return True

    async def _checked(self, digest: bytes, password: bytes, hashed: bytes) -> bool:
        """Compare, once for all who wait for the same."""
        checking = self._checking.get(digest)
        if checking is None:
            if len(self._checking) >= _MOST_WAITING:
                raise TooManyChecksError
            loop = asyncio.get_running_loop()
            checking = loop.run_in_executor(self._thread, self._matches, password, hashed)
            self._checking[digest] = checking
            checking.add_done_callback(lambda _: self._checking.pop(digest))
        # One who hangs up must not take the answer away from the others.
        return await asyncio.shield(checking)

    def _number(self, name: bytes) -> int:
        return int.from_bytes(self._digest(name))

    def _digest(self, message: bytes) -> bytes:
        return hmac.digest(self._key, message, hashlib.sha256)
