"""Random lives of accounts and of GitHub, and after every step a page that does not lie.

The gate lives 200 of them, always the same. ``make faults`` lives thousands, and others each time.
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
        # Shrinking takes minutes: a hunt has them, the gate does not.
        phases=[phase for phase in Phase if HUNTING or phase is not Phase.shrink],
        database=None,
        suppress_health_check=list(HealthCheck),
    )

    def runTest(self) -> None:  # noqa: N802  (unittest's name)
        with structlog.testing.capture_logs():
            super().runTest()
