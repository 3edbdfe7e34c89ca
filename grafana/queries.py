"""What is asked: PromQL, each expression free of the pod that said it.

A raw metric is asked through `latest`, which takes the labels of the scrape away with ``max``:
a new pod starts no new series, and two replicas do not count twice.
"""

ACCOUNT = 'account_type="$account_type",account=~"$account"'
"""The accounts chosen above the panels."""

TOP = 10
"""So many series have a bar of their own; the rest is one more."""

_OTHER = "other"
_NONE = "(none)"


def recorded(name: str, *matchers: str) -> str:
    """Ask a recorded series of the chosen accounts."""
    return f"{name}{{{','.join((ACCOUNT, *matchers))}}}"


def latest(metric: str, *labels: str, only: str = "") -> str:
    """Ask a metric of the chosen accounts by account and ``labels``; ``only`` matches further."""
    kept = ", ".join(("account_type", "account", *labels))
    return f"max by ({kept}) ({recorded(_named(metric), *filter(None, [only]))})"


def process(metric: str, *labels: str) -> str:
    """Ask a metric that belongs to no account, by ``labels``."""
    return f"max by ({', '.join(labels)}) ({_named(metric)})"


def last_success(only: str = "") -> str:
    """Ask when each collector last succeeded, in seconds since 1970.

    What GitHub no longer offers is left out: its last success stays on the page and says nothing.
    """
    then = latest("exporter_collector_last_success_timestamp_seconds", "collector", only=only)
    unavailable = f"{latest('exporter_collector_available', 'collector', only=only)} == 0"
    return f"({then} unless on (account_type, account, collector) {unavailable})"


def total(expression: str, *labels: str) -> str:
    """Add what is chosen up, by ``labels``."""
    return f"sum by ({', '.join(labels)}) ({expression})" if labels else f"sum({expression})"


def top(expression: str, label: str) -> str:
    """Give the largest by ``label`` and the rest as one, so that the parts sum to the whole.

    Half a cent or less is no rest: it may be what rounding leaves. Where the label is empty it
    says so: some usage belongs to no organization.
    """
    rest = f"sum({expression}) - sum(topk({TOP}, {expression})) > 0.005"
    largest = f'label_replace(topk({TOP}, {expression}), "{label}", "{_NONE}", "{label}", "")'
    return f'sort_desc({largest} or label_replace({rest}, "{label}", "{_OTHER}", "", ""))'


def day(expression: str) -> str:
    """Give what a month-to-date value grew by in a day; in a cycle's first day, the value so far.

    A cycle is known by its days left, which both platforms tell. A correction downwards is no use.
    """
    left = latest("cycle_remaining_days")
    began = f"on (account_type, account) {left} > on (account_type, account) {_yesterday(left)}"
    return f"({expression} and {began}) or clamp_min({expression} - {_yesterday(expression)}, 0)"


def _yesterday(expression: str) -> str:
    return expression.replace("}", "} offset 1d")


def _named(metric: str) -> str:
    return f"github_billing_{metric}"
