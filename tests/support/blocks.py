"""Blocks of a Prometheus, made of lines of OpenMetrics and of the recording rules."""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import yaml

from tests.support.paths import ROOT
from tests.support.programs import Version, fetch, program

RECORDING = ROOT / "deploy/prometheus/recording.yml"

_VERSION: Version = "newest"
_RECORDED_NAME = re.compile(r"\w+:\w+:\w+")


class Rule(msgspec.Struct):
    record: str
    expr: str
    labels: Mapping[str, str] = {}


class _Group(msgspec.Struct):
    rules: list[Rule]


class _Rules(msgspec.Struct):
    groups: list[_Group]


def recording_rules() -> list[Rule]:
    read = msgspec.convert(yaml.safe_load(RECORDING.read_text()), _Rules)
    return [rule for group in read.groups for rule in group.rules]


def levels(rules: Iterable[Rule]) -> Iterator[list[Rule]]:
    """Yield the rules in turns: those of a turn read only series that earlier turns recorded."""
    left = list(rules)
    while left:
        names = {rule.record for rule in left}
        level = [rule for rule in left if not names & set(_RECORDED_NAME.findall(rule.expr))]
        yield level
        left = [rule for rule in left if rule not in level]


def recorded(
    url: str, rule: Rule, span: tuple[datetime, datetime], step: timedelta
) -> Iterator[bytes]:
    """Yield lines of OpenMetrics as a Prometheus would have recorded them every ``step``."""
    # `promtool tsdb create-blocks-from rules` rejects a rule if the sides of an `or` alternate.
    start, end = (each.timestamp() for each in span)
    times = {"step": step.total_seconds(), "start": start, "end": end}
    answer = fetch(f"{url}/api/v1/query_range", params={"query": rule.expr, **times})
    assert answer.status_code == 200, answer.text
    samples = [
        (float(at), f"{rule.record}{_listed(series['metric'] | {**rule.labels})} {value} {at}\n")
        for series in answer.json()["data"]["result"]
        for at, value in series["values"]
    ]
    # Sort by time: the sides of an `or` differ by __name__ but are recorded as one series.
    for _, line in sorted(samples):
        yield line.encode()


def _listed(labels: Mapping[str, str]) -> str:
    pairs = (f"{key}={json.dumps(value)}" for key, value in labels.items() if key != "__name__")
    return f"{{{','.join(pairs)}}}"


def load(samples: Iterable[bytes], data: Path, *labels: str) -> None:
    """Create blocks of lines of OpenMetrics in the folder of a Prometheus."""
    with tempfile.NamedTemporaryFile() as file:
        file.writelines(samples)
        file.write(b"# EOF\n")
        file.flush()
        # promtool reads all samples again for each block; the default is a block every two hours.
        command = [str(program("promtool", _VERSION)), "tsdb", "create-blocks-from"]
        options = ("--max-block-duration=300d", "openmetrics", *labels, file.name, str(data))
        subprocess.run([*command, *options], check=True, capture_output=True)
