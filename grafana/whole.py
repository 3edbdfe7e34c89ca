"""Totals that say how many accounts they cover, so that none shrinks in silence.

An account counts from a collector's first attempt on, unless GitHub does not offer it: legacy
accounts have no dollars, and nothing of theirs is missing. One that has vanished counts for another
day.
"""

from collections.abc import Mapping

from grafana_foundation_sdk.builders import common, stat
from grafana_foundation_sdk.models import dashboard as model

from grafana import looks
from grafana.looks import Query, Steps
from grafana.queries import CYCLE_START, IDENTITY, latest, recorded, total

_PARTIAL = "/\\d of \\d+ accounts$/"
_COUNTED = (
    "Below the value: how many accounts it covers; amber if some could not be read, whose part is "
    "missing."
)


def expected(collector: str) -> str:
    """Return the accounts that a collector should have read, as GitHub offers it."""
    only = f'collector=~"{collector}"'
    attempted = latest("exporter_collector_success", only=only, moved=_today)
    offered = latest("exporter_collector_available", only=only, moved=_today)
    return f"({attempted} unless {offered} == 0)"


def missing(read: str, collector: str) -> str:
    """Return the expected accounts that ``read`` has no series of."""
    return f"({expected(collector)} unless on ({IDENTITY}) {read})"


def only_whole(value: str, read: str, collector: str) -> str:
    """Return a value if no account is missing from it."""
    return f"({value} unless on () {missing(read, collector)})"


def only_partial(value: str, read: str, collector: str) -> str:
    """Return a value if an account is missing from it."""
    return f"({value} and on () {missing(read, collector)})"


def counted(value: str, read: str, collector: str) -> Query:
    """Query a value whose name is the number of its accounts: `4 accounts`, or `3 of 4 accounts`.

    ``read`` has a series of each account whose part is in the value.
    """
    whole = f'count_values("accounts", count({read}))'
    named = f"({only_partial(_some(read, collector), read, collector)} or on () {whole})"
    named = f'label_replace({named}, "accounts", "$1 accounts", "accounts", "(.+)")'
    named = f'label_replace({named}, "accounts", "1 account", "accounts", "1 accounts")'
    return Query(f"{value} * on () group_left (accounts) {named}", "{{accounts}}")


def read(collector: str) -> str:
    """Return the accounts whose data of a collector is not stale, for data that may be empty.

    Of the months that `history` loads, only bills are known: all accounts with one are read.
    """
    only = f'collector=~"{collector}"'
    age = f"time() - {latest('exporter_collector_last_success_timestamp_seconds', only=only)}"
    fresh = f"{age} < {latest('exporter_collector_stale_after_seconds', only=only)}"
    attempted = latest("exporter_collector_success")
    return f"({fresh} or ({recorded(CYCLE_START)} unless on ({IDENTITY}) {attempted}))"


def covered(value: str, collector: str) -> Query:
    """Query a value of the accounts whose data of a collector is not stale."""
    return counted(value, read(collector), collector)


def named(value: str, collector: str) -> Query:
    """Query a value with a ``name``, which has the number of accounts if some could not be read."""
    there = read(collector)
    some = _some(there, collector)
    some = f'label_replace({some}, "accounts", "$1 accounts", "accounts", "(.+)")'
    partial = f"{only_partial(value, there, collector)} * on () group_left (accounts) {some}"
    partial = f'label_join({partial}, "name", ", ", "name", "accounts")'
    return Query(f"{only_whole(value, there, collector)} or {partial}", "{{name}}")


def summed(series: str, collector: str) -> Query:
    """Query the sum of a series by account."""
    return counted(total(series), series, collector)


def number(
    title: str,
    about: str,
    query: Query,
    unit: str,
    empty: str,
    *,
    steps: Steps = looks.UNJUDGED,
    decimals: int | None = 2,
    texts: Mapping[str, str] | None = None,
) -> stat.Panel:
    """Build a stat panel of a query with the number of accounts."""
    about = f"{about} {_COUNTED}"
    panel = looks.number(
        title, about, query, unit, empty, steps=steps, decimals=decimals, texts=texts
    )
    panel.text(common.VizTextDisplayOptions().title_size(13).value_size(30))
    return marked(panel)


def marked(panel: stat.Panel) -> stat.Panel:
    """Color values that lack an account amber."""
    amber = {"mode": "fixed", "fixedColor": looks.CARE}
    return panel.override_by_regexp(_PARTIAL, [model.DynamicConfigValue("color", amber)])


def _some(read: str, collector: str) -> str:
    every = f"{read} or on ({IDENTITY}) {expected(collector)}"
    both = f'count_values("read", count({read})) * on () group_left (every) '
    both += f'count_values("every", count({every}))'
    return f'label_join({both}, "accounts", " of ", "read", "every")'


def _today(selector: str) -> str:
    return f"last_over_time({selector}[1d])"
