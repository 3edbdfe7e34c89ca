"""How to ask GitHub: a file a family of endpoints, and the tuple of all, most valuable first.

What is shared by several families belongs to `exporter.github`, `exporter.billing` or
`exporter.metrics`, not here.
"""

from exporter.collectors.advanced_security import (
    ADVANCED_SECURITY,
    ADVANCED_SECURITY_REPOSITORIES,
)
from exporter.collectors.collector import Collector
from exporter.collectors.legacy import LEGACY_ACTIONS, LEGACY_PACKAGES, LEGACY_SHARED_STORAGE
from exporter.collectors.plan import PLAN
from exporter.collectors.usage import USAGE

__all__ = ["ALL", "Collector"]

ALL: tuple[Collector, ...] = (
    USAGE,
    LEGACY_ACTIONS,
    LEGACY_PACKAGES,
    LEGACY_SHARED_STORAGE,
    PLAN,
    ADVANCED_SECURITY,
    ADVANCED_SECURITY_REPOSITORIES,
)
