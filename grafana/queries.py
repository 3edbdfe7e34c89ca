"""PromQL of the panels, without the labels of a pod.

`latest` removes them from a raw metric with ``max``: a new pod starts no new series, and two
replicas are not counted twice. The labels of the exporter stay: an account that two exporters read
is two bills.
"""

from collections.abc import Callable

from deploy.prometheus import labels as kept

IDENTITY = kept.ACCOUNT
"""Labels of one bill, separated by commas."""

EXPORTER = 'cluster=~"$cluster",job=~"$job"'
"""Matchers for the exporters selected at the top of the board."""

ACCOUNT = f'{EXPORTER},account_type="$account_type",account=~"$account"'
"""Matchers for the accounts selected there."""

CYCLE_START = "account:github_billing_cycle_start_timestamp_seconds:max"
"""Recorded for every account whose bill is known."""

TOP = 10
"""Number of series with their own bar; the rest share one."""

Moved = Callable[[str], str]
"""Return an expression of a selector's series at an earlier time."""

_OTHER = "other"
_NONE = "(none)"


def recorded(name: str, *matchers: str) -> str:
    """Select a recorded series of the selected accounts."""
    return f"{name}{{{','.join((ACCOUNT, *matchers))}}}"


def latest(metric: str, *labels: str, only: str = "", moved: Moved = str) -> str:
    """Return a metric by account and ``labels``; ``only`` is one more matcher."""
    by = ", ".join((IDENTITY, *labels))
    return f"max by ({by}) ({moved(recorded(_named(metric), *filter(None, [only])))})"


def process(metric: str, *labels: str) -> str:
    """Return a metric of the selected exporters, not of an account, by exporter and ``labels``."""
    return f"max by ({', '.join((kept.JOB, *labels))}) ({_named(metric)}{{{EXPORTER}}})"


def last_success(only: str = "") -> str:
    """Return the Unix time of each collector's last success.

    Collectors that GitHub no longer offers are left out, as their last success never changes.
    """
    then = latest("exporter_collector_last_success_timestamp_seconds", "collector", only=only)
    unavailable = f"{latest('exporter_collector_available', 'collector', only=only)} == 0"
    return f"({then} unless on ({IDENTITY}, collector) {unavailable})"


def any_of(infos: str, by: str) -> str:
    """Return one of ``infos`` for each ``by``.

    A join fails if two pods describe the same budget, cost center or repository differently.
    """
    return f"topk by ({by}) (1, {infos})"


def total(expression: str, *labels: str) -> str:
    """Sum an expression, by ``labels``."""
    return f"sum by ({', '.join(labels)}) ({expression})" if labels else f"sum({expression})"


def ago(days: int) -> Moved:
    """Return the move of a selector to some days ago; 0 leaves it as it is."""
    return lambda selector: f"{selector} offset {days}d" if days else selector


def cents(expression: str) -> str:
    """Round dollars to cents; adding 0 makes a 0 of -0."""
    return f"(round({expression}, 0.01) + 0)"


def top(expression: str, label: str) -> str:
    """Return the largest series by ``label``, and last the rest: they add up to the total.

    A rest of half a cent or less is left out, as it may be a rounding error. An empty label becomes
    ``(none)``, as some usage belongs to no organization.
    """
    rest = f"sum({expression}) - sum(topk({TOP}, {expression})) > 0.005"
    largest = f'label_replace(topk({TOP}, {expression}), "{label}", "{_NONE}", "{label}", "")'
    return f'sort_desc({largest}) or label_replace({rest}, "{label}", "{_OTHER}", "", "")'


def day(expression: str) -> str:
    """Return a month-to-date value's increase in a day; on a cycle's first day, the value itself.

    A cycle is new if it has more days left than yesterday. A correction downwards counts as 0.
    """
    left = latest("cycle_remaining_days")
    began = f"on ({IDENTITY}) {left} > on ({IDENTITY}) {_yesterday(left)}"
    return f"({expression} and {began}) or clamp_min({expression} - {_yesterday(expression)}, 0)"


def _yesterday(expression: str) -> str:
    return expression.replace("}", "} offset 1d")


def _named(metric: str) -> str:
    return f"github_billing_{metric}"
