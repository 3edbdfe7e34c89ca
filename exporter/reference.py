"""Pages of docs/ that the code can write, and the one table of the README."""

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from pathlib import Path

from exporter.collectors import ALL, Collector
from exporter.github import errors
from exporter.metrics import catalogue
from exporter.metrics.model import Metric
from exporter.settings import render_reference

_WRITTEN = "<!-- Written by `github-billing-exporter docs write`. -->\n"
_BEGIN = "<!-- collectors: begin -->\n"
_END = "<!-- collectors: end -->\n"


def metrics() -> str:
    """List every metric of the page."""
    by_metric = {
        metric.name: [c.name for c in ALL if metric in c.metrics] for metric in catalogue.ALL
    }
    introduction = (
        f"# Metrics\n\n{_WRITTEN}\n"
        "Month-to-date values are gauges: they fall at the month's edge and may be corrected. "
        "`rate()` and `increase()` on them are mistakes. A value that GitHub did not tell is "
        "absent, never 0. An enterprise's bill contains its organizations': never add across "
        "`account_type`.\n"
    )
    parts = [introduction]
    for title, listed in (
        ("The bill", catalogue.BILL),
        ("The polling", catalogue.JOBS),
        ("The process", catalogue.TELEMETRY),
    ):
        parts.append(f"\n## {title}\n")
        parts += [_metric(metric, by_metric[metric.name]) for metric in listed]
    parts.append(
        "\n`process_*` and `python_*` of the Prometheus client library are there as well, but "
        "not in what `once` writes, whose counters count that one run.\n\n"
        "`promtool check metrics` minds the units minutes, days and gigabytes. They are meant: "
        "GitHub bills in them, and the number must be the invoice's.\n"
    )
    return "".join(parts)


def _metric(metric: Metric, collectors: list[str]) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.all_labels) or "none"
    told_by = (
        f"  \nCollectors: {', '.join(f'`{name}`' for name in collectors)}" if collectors else ""
    )
    kind = f"Type: {metric.type}. Labels: {labels}{told_by}"
    return f"\n### `{metric.name}`\n\n{metric.help}\n\n{kind}\n"


def permissions() -> str:
    """List what each collector asks and which right that takes."""
    introduction = (
        f"# Permissions\n\n{_WRITTEN}\n"
        "GitHub's documents contradict each other on which kinds of token read what, so the "
        "exporter refuses none: it tries, and `github-billing-exporter check` says what GitHub "
        "answered. The person behind a token must hold the role as well: a member's token with "
        "every scope gets 403 or 404.\n"
    )
    parts = [introduction]
    for collector in ALL:
        endpoints = "\n".join(f"- `GET {endpoint}`" for endpoint in collector.endpoints)
        rights = "\n".join(
            f"- {kind.value}: {permission}" for kind, permission in collector.permissions.items()
        )
        parts.append(f"\n## `{collector.name}`\n\nAsks:\n\n{endpoints}\n\nNeeds:\n\n{rights}\n")
    return "".join(parts)


def failures() -> str:
    """List every reason that a collector fails for."""
    introduction = (
        f"# Failures\n\n{_WRITTEN}\n"
        "The `reason` of `github_billing_exporter_collector_failure_info` and of "
        "`github_billing_exporter_collector_failures_total`. A failure leaves the last good "
        "values in place until they are older than `poll.stale-after`; then they go.\n"
    )
    parts = [introduction]
    for reason, group in groupby(errors.ALL, lambda error: error.reason):
        parts.append(f"\n## `{reason}`\n")
        parts += map(_failure, group)
    parts.append(
        "\nUnder `platform: auto` the `legacy_*` collectors are asked together with `usage`, at "
        "every poll, whatever they answered.\n"
    )
    return "".join(parts)


def _failure(error: type[errors.GitHubError]) -> str:
    hint = error.usual_hint.replace("{permission}", "what [permissions](permissions.md) says")
    return (
        f"\nGitHub answers: {_sentence(error.answers)}  \n"
        f"The exporter: {_sentence(error.action)}  \nWhat to do: {_sentence(hint)}\n"
    )


def collectors() -> str:
    """Tabulate the collectors for the README."""
    rows = [
        "| collector | tells | accounts | default | permission |\n|---|---|---|---|---|\n",
        *(_row(collector) for collector in ALL),
    ]
    return "".join(rows)


def _row(collector: Collector) -> str:
    accounts = ", ".join(sorted(kind.value for kind in collector.account_types))
    default = "yes" if collector.default else f"no: {collector.why_off}"
    return (
        f"| `{collector.name}` | {collector.summary} | {accounts} | {default} "
        f"| [{collector.name}](docs/permissions.md#{collector.name}) |\n"
    )


def _sentence(text: str) -> str:
    whole = text if text.endswith((".", "!", "?")) else f"{text}."
    return whole[0].upper() + whole[1:]


PAGES: Mapping[str, Callable[[], str]] = {
    "metrics": metrics,
    "settings": render_reference,
    "permissions": permissions,
    "failures": failures,
    "collectors": collectors,
}


def write(root: Path) -> None:
    """Write the pages below ``root``, and the table into its README."""
    for path, text in _files(root):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def stale(root: Path) -> list[str]:
    """Name the pages that are not as the code would write them."""
    return [
        str(path.relative_to(root))
        for path, text in _files(root)
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def _files(root: Path) -> Iterable[tuple[Path, str]]:
    for name, page in PAGES.items():
        if name != "collectors":
            yield root / "docs" / f"{name}.md", page()
    readme = root / "README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    yield readme, f"{before}{_BEGIN}{collectors()}{_END}{after}"
