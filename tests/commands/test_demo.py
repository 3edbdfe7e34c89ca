"""The demo: started only without settings, and never taken for the truth."""

import os
import subprocess
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from tests.support.paths import ROOT
from tests.support.programs import Exporter, get, running, system_program, until
from tests.support.simulator_server import command


def started_by_make(settings: Mapping[str, str], args: str = "") -> str:
    """Return the command that ``make run`` executes."""
    # Without the flags of a make that runs the tests.
    outer = ("GITHUB_", "MAKE", "MFLAGS")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(outer)}
    planned = subprocess.run(
        [system_program("make"), "--dry-run", "run", f"ARGS={args}"],
        cwd=ROOT,
        env={**environment, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    line: str = planned.stdout.splitlines()[-1]
    return line.partition("github-billing-exporter ")[2]


class TestMakeRun:
    @pytest.mark.parametrize(
        "settings",
        [
            {"GITHUB_BILLING_USER": "mia"},
            {"GITHUB_BILLING_TOKEN": "ghp_$(x$y"},
            {"GITHUB_BILLING_LOG_LEVEL": "debug"},
        ],
    )
    def test_runs_the_service_with_any_setting(self, settings: Mapping[str, str]) -> None:
        assert started_by_make(settings) == "run"

    @pytest.mark.parametrize(
        "settings",
        [
            {},
            {"GITHUB_TOKEN": "ghp_x"},
            {"GITHUB_BILLING_USERS": ""},
            {"GITHUB_BILLING_EXPORTER_PORT": "tcp://10.0.0.1:9877"},
        ],
    )
    def test_runs_the_demo_without_one(self, settings: Mapping[str, str]) -> None:
        assert started_by_make(settings) == "demo"

    def test_runs_what_it_is_told_to(self) -> None:
        assert started_by_make({"GITHUB_BILLING_USERS": "mia"}, "check") == "check"


class TestAMisspeltVariable:
    def test_starts_no_demo_and_the_nearest_is_named(self) -> None:
        ended = command("demo", env={"GITHUB_BILLING_USER": "mia"})
        assert (ended.returncode, ended.stdout) == (2, "")
        assert ended.stderr == (
            "github-billing-exporter: GITHUB_BILLING_USER: no such setting: "
            "did you mean GITHUB_BILLING_USERS?\n"
        )


def first_lines(exporter: Exporter) -> list[dict[str, Any]]:
    until(lambda: exporter.stderr.read_text().count("\n") >= 3)
    return [msgspec.json.decode(each) for each in exporter.stderr.read_text().splitlines()[:3]]


class TestTheFirstLines:
    def test_say_that_it_is_made_up_then_the_address_and_warn_of_nothing(self) -> None:
        with running(["demo"], {}) as exporter:
            notice, starting, listening = first_lines(exporter)
            assert notice["event"] in get(exporter, "/")
        assert "all numbers are made up" in notice["event"]
        assert "the plan of sandbox" in notice["event"]
        assert starting["event"] == "starting"
        assert listening.keys() == {"timestamp", "level", "event", "url"}
        assert listening["url"] == f"{exporter.base_url}/"
        assert {line["level"] for line in (notice, starting, listening)} == {"info"}

    def test_name_the_settings_that_are_not_used_and_no_value(self) -> None:
        given = {"GITHUB_TOKEN": "ghp_CANARY", "GITHUB_BILLING_ORGANIZATIONS": "acme"}
        with running(["demo"], given) as exporter:
            notice, *_ = first_lines(exporter)
            assert "ghp_CANARY" not in exporter.stderr.read_text()
        assert notice["not_used"] == "GITHUB_BILLING_ORGANIZATIONS, GITHUB_TOKEN"
