"""The cost centers of an enterprise (OpenAPI 23.0.2, GHEC)."""

import msgspec

from exporter.accounts import Account, AccountType
from exporter.billing.values import Text
from exporter.github.api import GitHub
from exporter.github.endpoints import USAGE_ROOTS

ENDPOINT = f"{USAGE_ROOTS[AccountType.ENTERPRISE]}/settings/billing/cost-centers"
REST = "none"
"""Instead of an id: usage outside cost centers."""


class Identity(msgspec.Struct, frozen=True):
    """A cost center. Its resources may name people and are not read."""

    id: Text
    name: str | None = None


class Identities(msgspec.Struct, frozen=True, rename="camel"):
    cost_centers: list[Identity] | None = None


async def listed_or_none(
    github: GitHub, account: Account, state: str, *, absent: tuple[int, ...]
) -> list[Identity] | None:
    """Return the ``active`` or ``deleted`` cost centers, None on one of the statuses ``absent``."""
    answer = await github.get_or_none(
        ENDPOINT, Identities, absent=absent, account=account.name, state=state
    )
    return None if answer is None else answer.cost_centers or []
