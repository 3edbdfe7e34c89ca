"""Password checks with bcrypt, off the event loop, equally slow for unknown user names."""

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import bcrypt

_MOST_WAITING = 100
_MOST_ADDRESSES = 10_000
_LONGEST = 72  # bytes: bcrypt reads no more, and htpasswd and Go ignore the rest


class TooManyChecksError(Exception):
    """Too many passwords are being checked; another would wait for seconds."""


@dataclass(eq=False)
class _Check:
    digest: bytes
    address: str
    password: bytes
    hashed: bytes
    right: asyncio.Future[bool]


class Passwords:
    """Checks passwords. A correct one is hashed once and remembered as a keyed digest.

    Checks wait in queues, one for each user and one for all unknown names, and the queues take
    turns. In a queue the address with the fewest refusals goes first, so that the correct
    password gets in while others guess.
    """

    def __init__(self, matches: Callable[[bytes, bytes], bool] = bcrypt.checkpw) -> None:
        self._matches = matches
        self._key = secrets.token_bytes(32)
        self._right: set[bytes] = set()
        self._checks: dict[bytes, _Check] = {}
        self._lines: dict[bytes | None, list[_Check]] = {}
        self._refusals: dict[str, int] = {}
        self._busy = False
        # Only one thread, so that guesses occupy only one core.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="password")

    async def allow(
        self, users: Mapping[bytes, bytes], name: bytes, password: bytes, address: str = ""
    ) -> bool:
        """Return whether a user has this name and password; ``users`` maps names to hashes.

        An unknown name is checked against the hash of some user, always the same one, so that
        it takes as long as a known name. ``address`` is the client's. Raises `TooManyChecksError`.
        """
        decoy = int.from_bytes(self._digest(name)) % len(users)
        hashed = users.get(name, sorted(users.values())[decoy])
        password = password[:_LONGEST]
        digest = self._digest(b" ".join(map(base64.b64encode, (name, hashed, password))))
        if digest not in self._right:
            check = self._checks.get(digest)
            if check is None:
                right = asyncio.get_running_loop().create_future()
                check = _Check(digest, _network(address), password, hashed, right)
                self._queue(check, name if name in users else None)
            # A client that disconnects must not cancel a check that others wait for.
            if not await asyncio.shield(check.right):
                return False
        if name in users:
            self._right.add(digest)
        return name in users

    def _queue(self, check: _Check, line: bytes | None) -> None:
        self._checks[check.digest] = check
        self._lines.setdefault(line, []).append(check)
        if len(self._checks) > _MOST_WAITING:
            self._refuse_last_of_longest_line()
        self._compare_next()

    def _refuse_last_of_longest_line(self) -> None:
        line, waiting = max(self._lines.items(), key=lambda each: len(each[1]))
        check = max(waiting, key=self._refused)
        waiting.remove(check)
        if not waiting:
            del self._lines[line]
        del self._checks[check.digest]
        self._refuse(check)
        check.right.set_exception(TooManyChecksError())

    def _compare_next(self) -> None:
        if self._busy or not self._lines:
            return
        line = next(iter(self._lines))
        waiting = self._lines.pop(line)
        # Of equals the newest: a client that arrives during a flood is behind most of it.
        check = min(reversed(waiting), key=self._refused)
        waiting.remove(check)
        if waiting:
            self._lines[line] = waiting  # behind the other queues
        self._busy = True
        comparing = asyncio.get_running_loop().run_in_executor(
            self._thread, self._matches, check.password, check.hashed
        )
        comparing.add_done_callback(partial(self._compared, check))

    def _compared(self, check: _Check, comparing: asyncio.Future[bool]) -> None:
        self._busy = False
        del self._checks[check.digest]
        if comparing.result():
            self._refusals.pop(check.address, None)
        else:
            self._refuse(check)
        check.right.set_result(comparing.result())
        self._compare_next()

    def _refused(self, check: _Check) -> int:
        return self._refusals.get(check.address, 0)

    def _refuse(self, check: _Check) -> None:
        self._refusals[check.address] = self._refusals.pop(check.address, 0) + 1
        if len(self._refusals) > _MOST_ADDRESSES:
            del self._refusals[next(iter(self._refusals))]

    def _digest(self, message: bytes) -> bytes:
        return hmac.digest(self._key, message, hashlib.sha256)


def _network(address: str) -> str:
    # One client may use all addresses of an IPv6 /64 network.
    try:
        found = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    return str(found.ipv4_mapped or ipaddress.ip_network((int(found), 64), strict=False))
