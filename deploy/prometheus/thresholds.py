"""From where on a number is worth a look: one place, for alerts and colours of panels."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The defaults; the chart lets its users change each by name."""

    quota_used_ratio: float = 0.8
    """Share of an included quota from which on it is nearly used."""

    quota_nearly_spent_ratio: float = 0.95
    """Share of an included quota from which on a panel is red."""

    quota_forecast_used_ratio: float = 0.5
    """Share of an included quota below which a forecast does not count yet."""

    quota_remaining_days: float = 3
    """Days left in a cycle up to which a quota may be nearly used without a word."""

    budget_used_ratio: float = 0.8
    """Share of a budget from which on it is nearly consumed."""

    budget_floor_usd: float = 0.01
    """US dollars that a budget of 0 takes to be exhausted: one that is never touched is well."""

    budget_forecast_used_ratio: float = 0.5
    """Share of a budget below which a forecast does not count yet."""

    budget_forecast_elapsed_days: float = 3
    """Days into a cycle before a budget's forecast counts."""

    spend_jump_factor: float = 3
    """A day that costs so many times the usual day is a jump."""

    spend_jump_floor_usd: float = 50
    """US dollars a day below which no jump counts."""

    seats_unused_ratio: float = 0.2
    """Share of purchased seats that nobody uses from which on it is worth a talk."""

    rate_limit_remaining_ratio: float = 0.1
    """Share of a credential's hourly requests below which GitHub's limit is near."""

    credential_expiry_days: float = 14
    """Days before a credential ends from which on to renew it."""

    license_sync_age_days: float = 7
    """Days without a synchronisation of licences after which a server is told of."""

    def text(self) -> Mapping[str, str]:
        """Give each threshold by name, as PromQL writes it."""
        return {name: f"{value:g}" for name, value in asdict(self).items()}


DEFAULTS = Thresholds()
