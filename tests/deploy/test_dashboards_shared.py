"""The boards as exported for sharing, and the exclusions of the dashboard-linter."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.dashboards import BOARDS, FOLDER, board, panels
from tests.support.paths import ROOT


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("shared") / "boards"
    subprocess.run([sys.executable, "-m", "grafana.shared", made], cwd=ROOT, check=True)
    return made


@pytest.mark.parametrize("name", BOARDS)
class TestASharedBoard:
    def test_is_the_board_with_what_it_requires(self, folder: Path, name: str) -> None:
        read: dict[str, Any] = json.loads((folder / f"github-billing-{name}.json").read_text())
        required = {(each["type"], each["id"]) for each in read.pop("__requires")}
        kinds = {("panel", panel["type"]) for panel in panels(name)}
        assert required == {("grafana", "grafana"), ("datasource", "prometheus"), *kinds}
        assert (read.pop("__inputs"), read.pop("__elements"), read.pop("id")) == ([], {}, None)
        assert read == board(name)


class TestTheLinter:
    def test_is_told_a_reason_for_each_exclusion(self) -> None:
        read = yaml.safe_load((FOLDER / ".lint").read_text())
        assert read["exclusions"]
        assert all(len(each["reason"]) > 20 for each in read["exclusions"].values())

    def test_excludes_no_unit_but_those_that_grafana_does_not_list(self) -> None:
        read = yaml.safe_load((FOLDER / ".lint").read_text())
        excluded = read["exclusions"]["panel-units-rule"]["entries"]
        units = [
            {"dashboard": board(name)["title"], "panel": panel["title"]}
            for name in BOARDS
            for panel in panels(name)
            if ":" in panel["fieldConfig"]["defaults"]["unit"]
        ]
        assert sorted(excluded, key=str) == sorted(units, key=str)
        assert {each["panel"] for each in excluded} == {"GitHub's report reaches"}
