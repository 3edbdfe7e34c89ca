"""What the alerts say in forty simulated days of two exporters, rightly or not.

Run ``.venv/bin/python benchmarks/alerts.py``, or with the number of days. The Prometheus of
``make test`` evaluates the rules every ten minutes. Exits with 1 on a false alarm, and on a silence
of over ten minutes beyond ``for`` and the time in which the exporter reads what happened.
"""

import logging
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from tests.support.alert_days import evaluated, firings
from tests.support.alert_verdicts import Verdict
from tests.support.forecast_months import MONTH, samples
from tests.support.forty_days import DAYS, judged

_SHOWN = ("account", "product", "quota", "collector", "cluster")


def table(found: Sequence[Verdict]) -> str:
    lines = ["| alert | of | from | to | right? | late, s |", "|---" * 6 + "|"]
    for each in found:
        firing, expected = each.firing, each.expected
        named = firing or expected
        assert named is not None
        of = ", ".join(named.labels[name] for name in _SHOWN if name in named.labels)
        times = (_time(firing.since), _time(firing.until)) if firing else ("never", "")
        late = f"{each.late.total_seconds():.0f}" if firing and expected else ""
        lines.append(f"| {' | '.join((named.alert, of, *times, each.fault or 'yes', late))} |")
    return "\n".join(lines)


def _time(at: datetime | None) -> str:
    return f"{at:%m-%d %H:%M}" if at else "the end"


def false_jumps() -> list[str]:
    """Return the months without a spike in which SpendJump fires."""
    hour = timedelta(hours=1)
    with (
        tempfile.TemporaryDirectory() as data,
        evaluated(samples(), Path(data), MONTH, hour) as url,
    ):
        fired = {f.labels["account"] for f in firings(url, MONTH, hour) if f.alert == "SpendJump"}
    return sorted(title for title in fired if "spike" not in title)


def main(days: int = DAYS) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    found = judged(days)
    print(table(found))
    jumps = false_jumps()
    print(f"\nSpendJump fires in {len(jumps)} of the months without a spike: {jumps}")
    sys.exit(1 if jumps or any(each.fault for each in found) else 0)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
