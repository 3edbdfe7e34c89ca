"""Sharding: each account once, evenly, and few accounts move to a new replica."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from exporter.accounts import Account, AccountType, Shard

ACCOUNTS = [Account(AccountType.ORGANIZATION, f"org-{number}") for number in range(2000)]


def owner(account: Account, count: int) -> int:
    (index,) = (index for index in range(count) if Shard(index, count).holds(account))
    return index


class TestShards:
    @given(name=st.from_regex(r"[a-z0-9-]{1,39}", fullmatch=True), count=st.integers(1, 20))
    def test_give_each_account_to_exactly_one_replica(self, name: str, count: int) -> None:
        owner(Account(AccountType.USER, name), count)

    def test_divide_evenly(self) -> None:
        shares = Counter(owner(account, 5) for account in ACCOUNTS)
        assert all(0.8 * 400 < share < 1.2 * 400 for share in shares.values())

    def test_move_accounts_to_the_new_replica_alone(self) -> None:
        before = {account: owner(account, 4) for account in ACCOUNTS}
        moved = {a: owner(a, 5) for a in ACCOUNTS if owner(a, 5) != before[a]}
        assert set(moved.values()) == {4}
        assert len(moved) < len(ACCOUNTS) / 4

    def test_know_an_account_in_any_case_of_its_name(self) -> None:
        lower, upper = (Account(AccountType.ORGANIZATION, name) for name in ("acme", "ACME"))
        assert owner(lower, 7) == owner(upper, 7)

    def test_stay_as_they_are(self) -> None:
        assert [owner(account, 5) for account in ACCOUNTS[:8]] == [3, 2, 0, 2, 1, 1, 3, 1]
