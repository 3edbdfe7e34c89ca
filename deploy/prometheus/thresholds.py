"""Thresholds of the alerts and of the colors of panels."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields


class Threshold(float):
    """A number that knows the ``name`` of its threshold, on whatever panel it ends up."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The defaults; the chart's ``thresholds`` replace them."""

    quota_used_ratio: float = 0.8
    """Alert if more than this share of an included quota is used."""

    quota_nearly_spent_ratio: float = 0.95
    """Used share of an included quota at which its panel turns red."""

    quota_forecast_used_ratio: float = 0.5
    """Ignore the forecast of an included quota until more than this share is used."""

    quota_remaining_days: float = 3
    """Ignore a nearly used quota if this many days or fewer are left in the cycle."""

    budget_used_ratio: float = 0.8
    """Alert if more than this share of a budget is consumed."""

    budget_floor_usd: float = 0.01
    """Consumed US dollars at which a budget of 0 counts as exhausted."""

    budget_forecast_used_ratio: float = 0.5
    """Ignore the forecast of a budget until more than this share is consumed."""

    budget_forecast_elapsed_days: float = 3
    """Ignore the forecast of a budget for this many days after a cycle begins."""

    spend_jump_factor: float = 2
    """Alert if a day costs more than this many times the usual day."""

    spend_jump_deviations: float = 4
    """Ignore a jump of this many standard deviations of the two weeks before or less."""

    spend_jump_floor_usd: float = 10
    """Ignore a jump on a day that costs this many US dollars net or less."""

    spend_jump_share: float = 0.05
    """Ignore a jump on a day that costs this share or less of the account's usual day."""

    bill_forecast_factor: float = 1.5
    """Alert if a month is forecast to cost more than this many times the last month."""

    bill_forecast_floor_usd: float = 100
    """Ignore a forecast of this many US dollars or fewer above last month."""

    bill_forecast_elapsed_days: float = 5
    """Ignore the forecast of the bill for this many days after a cycle begins."""

    ai_pool_used_ratio: float = 0.8
    """Alert if more than this share of a cost center's AI credits is used."""

    state_age_hours: float = 2
    """Alert if the state file was not written for this many hours."""

    workflow_jump_factor: float = 2
    """Alert if a week of a workflow costs more than this many times its usual week."""

    workflow_jump_floor_usd: float = 25
    """Ignore a jump of a workflow in a week that costs this many US dollars net or less."""

    allocation_coverage_ratio: float = 0.8
    """Alert if less than this share of the gross dollars of repositories is allocated to teams."""

    allocation_floor_usd: float = 50
    """Ignore unallocated usage of repositories of this many US dollars gross or less."""

    previous_cycle_difference_usd: float = 1
    """Ignore differences in last month's bill of this many US dollars or less."""

    seats_unused_ratio: float = 0.2
    """Alert if more than this share of purchased seats is unused."""

    rate_limit_remaining_ratio: float = 0.1
    """Alert if less than this share of a credential's rate limit remains."""

    credential_expiry_days: float = 14
    """Alert this many days before a credential expires."""

    license_sync_age_days: float = 7
    """Alert if a server has not synchronized its licenses for this many days."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = Threshold(getattr(self, field.name))
            value.name = field.name
            object.__setattr__(self, field.name, value)

    def text(self) -> Mapping[str, str]:
        """Return each threshold by name, as PromQL text."""
        return {name: f"{value:g}" for name, value in asdict(self).items()}


DEFAULTS = Thresholds()
