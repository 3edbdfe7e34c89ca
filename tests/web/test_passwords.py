"""Password checks: equal work for every name, one comparison at a time, no password kept."""

import asyncio
import gc
import threading
from collections.abc import Callable, Iterable, Sequence

import bcrypt

from exporter.web.passwords import Passwords, TooManyChecksError


def hashed(password: str, cost: int = 4) -> bytes:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost))


USERS = {b"alice": hashed("open sesame"), b"bob": hashed("swordfish", 5)}


class Comparing:
    """bcrypt that records its calls and first waits for `word`, if any."""

    def __init__(self, word: threading.Event | None = None) -> None:
        self.asked: list[tuple[bytes, bytes]] = []
        self._word = word

    def __call__(self, password: bytes, against: bytes) -> bool:
        self.asked.append((password, against))
        if self._word:
            self._word.wait()
        return bcrypt.checkpw(password, against)

    @property
    def costs(self) -> list[bytes]:
        return [against[4:6] for _, against in self.asked]


def answers(passwords: Passwords, *tries: tuple[str, str]) -> list[bool]:

    async def trying() -> list[bool]:
        return [await passwords.allow(USERS, n.encode(), p.encode()) for n, p in tries]

    return asyncio.run(trying())


class TestAllow:
    def test_takes_the_right_password_alone(self) -> None:
        tries = [
            ("alice", "open sesame"),
            ("bob", "swordfish"),
            ("alice", "swordfish"),
            ("alice", ""),
            ("ALICE", "open sesame"),
            ("", ""),
        ]
        assert answers(Passwords(), *tries) == [True, True, False, False, False, False]

    def test_a_strange_name_with_a_password_of_somebody_is_refused_again_and_again(self) -> None:
        tries = [(f"mallory{n}", p) for n in range(20) for p in ("open sesame", "swordfish")]
        assert not any(answers(Passwords(), *tries, *tries))

    def test_what_comes_after_the_72nd_byte_counts_no_more_than_to_htpasswd(self) -> None:
        users = {b"alice": hashed("x" * 72)}
        allowed = asyncio.run(Passwords().allow(users, b"alice", b"x" * 72 + b"and more"))
        assert allowed

    def test_a_changed_hash_or_name_ends_the_old_one(self) -> None:
        async def scenario() -> None:
            passwords = Passwords()
            assert await passwords.allow(USERS, b"alice", b"open sesame")
            changed = {**USERS, b"alice": hashed("another")}
            assert not await passwords.allow(changed, b"alice", b"open sesame")
            renamed = {b"carol": USERS[b"alice"]}
            assert not await passwords.allow(renamed, b"alice", b"open sesame")
            assert await passwords.allow(renamed, b"carol", b"open sesame")

        asyncio.run(scenario())


class TestWork:
    def test_a_strange_name_takes_one_comparison_of_a_cost_that_there_is(self) -> None:
        comparing = Comparing()
        answers(Passwords(comparing), ("alice", "wrong"), ("mallory", "wrong"))
        assert len(comparing.asked) == 2
        assert set(comparing.costs) <= {b"04", b"05"}

    def test_a_strange_name_is_always_as_slow_as_the_same_user(self) -> None:
        comparing = Comparing()
        answers(Passwords(comparing), *[("mallory", f"guess {n}") for n in range(10)])
        assert len(comparing.asked) == 10
        assert len(set(comparing.costs)) == 1

    def test_strange_names_are_as_slow_as_one_user_or_the_other(self) -> None:
        comparing = Comparing()
        answers(Passwords(comparing), *[(f"mallory{n}", "guess") for n in range(64)])
        assert set(comparing.costs) == {b"04", b"05"}

    def test_a_wrong_password_takes_as_much_the_second_time(self) -> None:
        comparing = Comparing()
        answers(Passwords(comparing), *[("alice", "wrong"), ("mallory", "open sesame")] * 3)
        assert len(comparing.asked) == 6

    def test_a_right_password_is_compared_once(self) -> None:
        comparing = Comparing()
        assert all(answers(Passwords(comparing), *[("alice", "open sesame")] * 5))
        assert len(comparing.asked) == 1

    def test_guesses_do_not_push_a_right_password_out(self) -> None:
        comparing = Comparing()
        guesses = [("alice", f"guess {n}") for n in range(200)]
        answers(Passwords(comparing), ("alice", "open sesame"), *guesses, ("alice", "open sesame"))
        assert len(comparing.asked) == 201

    def test_is_done_once_for_all_who_wait_and_off_the_event_loop(self) -> None:
        async def scenario() -> None:
            word = threading.Event()
            comparing = Comparing(word)
            passwords = Passwords(comparing)
            tries = [
                asyncio.ensure_future(passwords.allow(USERS, b"alice", b"open sesame"))
                for _ in range(1000)
            ]
            await asyncio.sleep(0)
            tries[0].cancel()  # a client that hangs up
            word.set()
            assert all(await asyncio.gather(*tries[1:]))
            assert len(comparing.asked) == 1

        asyncio.run(scenario())

    def test_of_a_flood_of_guesses_is_bounded(self) -> None:
        async def scenario() -> None:
            comparing = Comparing()
            passwords = Passwords(comparing)
            tries = [
                asyncio.ensure_future(passwords.allow(USERS, b"alice", b"guess %d" % n))
                for n in range(150)
            ]
            told = await asyncio.gather(*tries, return_exceptions=True)
            assert told.count(False) == len(comparing.asked) == 100
            assert sum(isinstance(each, TooManyChecksError) for each in told) == 50
            assert await passwords.allow(USERS, b"alice", b"open sesame")

        asyncio.run(scenario())

    def test_of_more_users_than_may_wait_is_bounded(self) -> None:
        async def scenario() -> None:
            users = {b"user%d" % n: USERS[b"alice"] for n in range(150)}
            passwords = Passwords()
            tries = [
                asyncio.ensure_future(passwords.allow(users, name, b"open sesame"))
                for name in users
            ]
            told = await asyncio.gather(*tries, return_exceptions=True)
            assert told.count(True) == 100

        asyncio.run(scenario())


class TestTurns:
    """The right password is accepted while others guess."""

    HOME = "192.0.2.1"

    def before_alice(
        self,
        guessers: Callable[[int], tuple[bytes, str]],
        *,
        refused_before: Sequence[str] = (),
        forgiven: bool = False,
        home: str = HOME,
        guesses: int = 150,
    ) -> int:
        """Return how many comparisons come before alice's.

        ``forgiven``: bob has logged in from her address after the refused attempts.
        """

        async def scenario() -> int:
            word = threading.Event()
            word.set()
            comparing = Comparing(word)
            passwords = Passwords(comparing)
            for address in refused_before:
                await passwords.allow(USERS, b"alice", b"wrong", address)
            assert not forgiven or await passwords.allow(USERS, b"bob", b"swordfish", home)
            comparing.asked.clear()
            word.clear()

            def guess(numbers: Iterable[int]) -> list[asyncio.Future[bool]]:
                given = ((number, *guessers(number)) for number in numbers)
                return [
                    asyncio.ensure_future(passwords.allow(USERS, name, b"guess %d" % n, address))
                    for n, name, address in given
                ]

            tries = guess(range(guesses - 30))
            await asyncio.sleep(0)
            alice = asyncio.ensure_future(
                passwords.allow(USERS, b"alice", b"open sesame", address=home)
            )
            await asyncio.sleep(0)
            tries += guess(range(guesses - 30, guesses))
            await asyncio.sleep(0)
            word.set()  # the first guess was being compared before she came
            assert await alice
            await asyncio.gather(*tries, return_exceptions=True)
            return [password for password, _ in comparing.asked].index(b"open sesame")

        return asyncio.run(scenario())

    def test_of_her_own_name_from_another_address_delay_her_by_the_one_under_way(self) -> None:
        assert self.before_alice(lambda _: (b"alice", "198.51.100.1")) == 1

    def test_of_strange_names_delay_her_by_two_even_from_her_own_address(self) -> None:
        assert self.before_alice(lambda n: (b"mallory%d" % n, self.HOME)) <= 2

    def test_of_strange_names_from_anywhere_delay_her_by_two(self) -> None:
        assert self.before_alice(lambda n: (b"mallory%d" % n, f"198.51.100.{n}")) <= 2

    def test_of_another_user_delay_her_by_two_even_from_her_own_address(self) -> None:
        assert self.before_alice(lambda _: (b"bob", self.HOME)) <= 2

    def test_of_her_own_name_from_anywhere_delay_her_by_one_once_each_was_refused(self) -> None:
        everywhere = [f"198.51.100.{n}" for n in range(150)]
        waited = self.before_alice(lambda n: (b"alice", everywhere[n]), refused_before=everywhere)
        assert waited == 1

    def test_from_a_network_of_ipv6_are_those_of_one_client(self) -> None:
        waited = self.before_alice(
            lambda n: (b"alice", f"2001:db8::{n:x}"),
            refused_before=["2001:db8::ffff"],
            home="2001:db8:1::1",
        )
        assert waited == 1

    def test_of_one_name_do_not_starve_another_that_is_guessed_too(self) -> None:
        def both(number: int) -> tuple[bytes, str]:
            return (b"alice", "198.51.100.1") if number % 2 else (b"mallory", "198.51.100.2")

        assert self.before_alice(both) <= 2

    def test_a_right_password_makes_up_for_wrong_ones(self) -> None:
        def guesser(number: int) -> tuple[bytes, str]:
            return b"alice", "198.51.100.1"

        wrong = [self.HOME] * 30
        assert self.before_alice(guesser, refused_before=wrong, guesses=80) > 30
        assert self.before_alice(guesser, refused_before=wrong, guesses=80, forgiven=True) == 1


class TestSecrecy:
    def test_no_password_is_kept(self) -> None:
        passwords = Passwords(bcrypt.checkpw)
        assert answers(passwords, ("alice", "open sesame"), ("alice", "wrong one")) == [True, False]
        assert b"open sesame" not in b"".join(_bytes_within(passwords))
        assert b"wrong one" not in b"".join(_bytes_within(passwords))


def _bytes_within(root: object) -> Iterable[bytes]:
    """Yield all bytes that the attributes of `root` refer to, at any depth."""
    seen: set[int] = set()
    left: list[object] = [vars(root)]
    while left:
        found = left.pop()
        if id(found) in seen or isinstance(found, type | threading.Thread):
            continue
        seen.add(id(found))
        if isinstance(found, bytes):
            yield found
        elif isinstance(found, dict | set | list | tuple):
            left.extend(gc.get_referents(found))
