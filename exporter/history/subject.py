"""An account whose past is wanted."""

from dataclasses import dataclass

from exporter.accounts import Account, Platform
from exporter.github.client import Client
from exporter.metrics import catalogue
from exporter.metrics.model import Sample


@dataclass(frozen=True, slots=True)
class Subject:
    """An account, and the names of its ``collectors``.

    ``plan`` is GitHub's name of today's plan, empty if unknown. ``skus`` is the number of SKUs in
    the last month.
    """

    account: Account
    client: Client
    collectors: frozenset[str]
    series_limit: int
    plan: str
    skus: int

    @property
    def labels(self) -> dict[str, str]:
        return {"account_type": self.account.type.value, "account": self.account.name}

    def info(self) -> Sample:
        return catalogue.ACCOUNT_INFO(
            1, platform=Platform.USAGE.value, plan=self.plan, host=self.client.host
        )
