"""A simulated GitHub for the demo, tests and benchmarks.

It is independent of the code that reads GitHub, so that the two check each other.
"""

from exporter.demo.accounts import SimulatedAccount, SimulatedBudget, SimulatedCostCenter
from exporter.demo.app import SimulatedApp, SimulatedInstallation
from exporter.demo.bulk import Bulk, Totals
from exporter.demo.callers import SimulatedToken
from exporter.demo.exports import SimulatedExport, SimulatedExports
from exporter.demo.github import DEMO_TOKEN, RecordedRequest, SimulatedGitHub
from exporter.demo.showcase import demo_accounts

__all__ = [
    "DEMO_TOKEN",
    "Bulk",
    "RecordedRequest",
    "SimulatedAccount",
    "SimulatedApp",
    "SimulatedBudget",
    "SimulatedCostCenter",
    "SimulatedExport",
    "SimulatedExports",
    "SimulatedGitHub",
    "SimulatedInstallation",
    "SimulatedToken",
    "Totals",
    "demo_accounts",
]
