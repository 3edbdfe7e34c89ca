"""Random events around accounts and GitHub; the page must be right after every step.

``make test`` runs 200 sequences, always the same. ``make faults`` runs thousands of new ones.
"""

import os

import structlog
from hypothesis import HealthCheck, Phase, settings

from tests.support.faults.life import HUNTING, Life

SEQUENCES = int(os.environ.get("FAULT_SEQUENCES", "200"))
STEPS = int(os.environ.get("FAULT_STEPS", "14"))


class TestAnyLife(Life.TestCase):  # type: ignore[valid-type,misc]
    settings = settings(
        max_examples=SEQUENCES,
        stateful_step_count=STEPS,
        derandomize=not HUNTING,
        # Shrinking takes minutes, too long for `make test`.
        phases=[phase for phase in Phase if HUNTING or phase is not Phase.shrink],
        database=None,
        suppress_health_check=list(HealthCheck),
    )

    def runTest(self) -> None:  # noqa: N802  (unittest's name)
        with structlog.testing.capture_logs():
            super().runTest()
