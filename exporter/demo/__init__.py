"""A simulated GitHub, good enough to develop against; only cli and tests import it.

It knows nothing of how the exporter reads GitHub, so that the two check each other.
"""

from exporter.demo.accounts import SimulatedAccount, demo_accounts
from exporter.demo.faults import Fault, Faults
from exporter.demo.github import DEMO_TOKEN, RecordedRequest, SimulatedGitHub

__all__ = [
    "DEMO_TOKEN",
    "Fault",
    "Faults",
    "RecordedRequest",
    "SimulatedAccount",
    "SimulatedGitHub",
    "demo_accounts",
]
