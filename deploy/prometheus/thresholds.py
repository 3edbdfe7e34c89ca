"""Thresholds of the alerts and of the colours of panels."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The defaults; the chart's ``prometheusRule.thresholds`` replace those of alerts."""

    quota_used_ratio: float = 0.8
    """Used share of an included quota above which it is nearly used up."""

    quota_nearly_spent_ratio: float = 0.95
    """Used share of an included quota from which its panel is red."""

    quota_forecast_used_ratio: float = 0.5
    """Used share of an included quota up to which its forecast does not alert."""

    quota_remaining_days: float = 3
    """Days left in a cycle up to which a nearly used quota does not alert."""

    budget_used_ratio: float = 0.8
    """Consumed share of a budget above which it is nearly consumed."""

    budget_floor_usd: float = 0.01
    """US dollars consumed from which a budget of 0 is exhausted, so that an unused one is not."""

    budget_forecast_used_ratio: float = 0.5
    """Consumed share of a budget up to which its forecast does not alert."""

    budget_forecast_elapsed_days: float = 3
    """Days into a cycle before a budget's forecast alerts."""

    spend_jump_factor: float = 3
    """Multiple of the usual day's spend above which a day is a jump."""

    spend_jump_floor_usd: float = 50
    """US dollars per day up to which a jump does not alert."""

    seats_unused_ratio: float = 0.2
    """Unused share of purchased seats above which to alert."""

    rate_limit_remaining_ratio: float = 0.1
    """Remaining share of a credential's rate limit below which to alert."""

    credential_expiry_days: float = 14
    """Days before a credential expires from which to alert."""

    license_sync_age_days: float = 7
    """Days without a synchronisation of licences after which to alert."""

    def text(self) -> Mapping[str, str]:
        """Return each threshold by name, as PromQL text."""
        return {name: f"{value:g}" for name, value in asdict(self).items()}


DEFAULTS = Thresholds()
