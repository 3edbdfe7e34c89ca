"""Collectors: one file per family of endpoints, and the tuple of all, most valuable first."""

from exporter.collectors.advanced_security import ADVANCED_SECURITY, ADVANCED_SECURITY_REPOSITORIES
from exporter.collectors.budget_estimates import BUDGET_ESTIMATES
from exporter.collectors.budget_people import BUDGET_PEOPLE
from exporter.collectors.budgets import BUDGETS
from exporter.collectors.collector import Collector
from exporter.collectors.copilot import COPILOT_SEAT_ACTIVITY, COPILOT_SEATS
from exporter.collectors.cost_centers import COST_CENTERS, USAGE_COST_CENTERS
from exporter.collectors.legacy import LEGACY_ACTIONS, LEGACY_PACKAGES, LEGACY_SHARED_STORAGE
from exporter.collectors.licenses import LICENSE_SYNC, LICENSE_TYPES, LICENSES
from exporter.collectors.model_usage import MODEL_USAGE
from exporter.collectors.own_budgets import OWN_BUDGETS
from exporter.collectors.plan import PLAN
from exporter.collectors.previous_cycle_checks import USAGE_PREVIOUS_CYCLE_CHECKS
from exporter.collectors.previous_reports import (
    USAGE_PREVIOUS_CYCLE_COST_CENTERS,
    USAGE_PREVIOUS_CYCLE_ORGANIZATIONS,
    USAGE_PREVIOUS_CYCLE_REPOSITORIES,
)
from exporter.collectors.usage import USAGE, USAGE_PREVIOUS_CYCLE
from exporter.collectors.usage_reports import USAGE_ORGANIZATIONS, USAGE_REPOSITORIES
from exporter.collectors.usage_teams import USAGE_PREVIOUS_CYCLE_TEAMS, USAGE_TEAMS
from exporter.collectors.usage_workflows import USAGE_WORKFLOWS

__all__ = ["ALL", "Collector"]

ALL: tuple[Collector, ...] = (
    USAGE,
    LEGACY_ACTIONS,
    LEGACY_PACKAGES,
    LEGACY_SHARED_STORAGE,
    PLAN,
    BUDGETS,
    BUDGET_ESTIMATES,
    OWN_BUDGETS,
    MODEL_USAGE,
    ADVANCED_SECURITY,
    COPILOT_SEATS,
    LICENSES,
    LICENSE_SYNC,
    COST_CENTERS,
    USAGE_PREVIOUS_CYCLE,
    USAGE_COST_CENTERS,
    USAGE_ORGANIZATIONS,
    USAGE_TEAMS,
    USAGE_REPOSITORIES,
    USAGE_PREVIOUS_CYCLE_TEAMS,
    USAGE_PREVIOUS_CYCLE_COST_CENTERS,
    USAGE_PREVIOUS_CYCLE_ORGANIZATIONS,
    USAGE_PREVIOUS_CYCLE_REPOSITORIES,
    USAGE_PREVIOUS_CYCLE_CHECKS,
    COPILOT_SEAT_ACTIVITY,
    ADVANCED_SECURITY_REPOSITORIES,
    BUDGET_PEOPLE,
    LICENSE_TYPES,
    USAGE_WORKFLOWS,
)
