"""Accounts used by the tests."""

from exporter.accounts import Account, AccountType

ACME = Account(AccountType.ORGANIZATION, "acme")
MONA = Account(AccountType.USER, "mona")
CORP = Account(AccountType.ENTERPRISE, "acme-corp")
