"""Generated files: the repository's are current, and differences are reported and fixed."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.generate import ROOT, files, main

CHART = "deploy/helm/github-billing-exporter"


@pytest.fixture(name="tree", scope="module")
def _tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the generated files and those they are generated from."""
    tree = tmp_path_factory.mktemp("tree")
    shutil.copytree(ROOT / "docs", tree / "docs")
    shutil.copytree(ROOT / "deploy", tree / "deploy")
    shutil.copytree(ROOT / "tests" / "contract", tree / "tests" / "contract")
    for name in ("assets", "recording"):
        shutil.copytree(ROOT / "exporter" / name, tree / "exporter" / name, symlinks=True)
    return tree


def without_table(path: Path) -> None:
    begin, end = (f"<!-- collectors of user: {edge} -->\n" for edge in ("begin", "end"))
    before, _, rest = path.read_text().partition(begin)
    path.write_text(before + begin + end + rest.partition(end)[2])


def touched(path: Path) -> None:
    path.write_text("groups: []\n")


def without_config(path: Path) -> None:
    schema = json.loads(path.read_text())
    del schema["definitions"]["config"]
    path.write_text(json.dumps(schema))


class TestTheRepository:
    def test_is_current(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--check"]) == 0
        assert capsys.readouterr() == ("", "")

    def test_has_the_dashboards_beside_their_code(self) -> None:
        (folder,) = {path.parent for path in files(ROOT) if path.match("dashboards/*.json")}
        assert (ROOT / "grafana" / "dashboards").samefile(folder)


class TestADifference:
    @pytest.mark.parametrize(
        ("name", "change"),
        [
            ("docs/tokens.md", without_table),
            ("docs/metrics.md", touched),
            ("docs/settings.md", touched),
            ("docs/settings.schema.json", touched),
            ("docs/failures.md", Path.unlink),
            ("docs/runbooks/README.md", Path.unlink),
            ("deploy/prometheus/alerts.yml", touched),
            (f"{CHART}/values.schema.json", without_config),
            (f"{CHART}/files/rules/recording.yaml", touched),
            (f"{CHART}/files/rules/compat/abandoned.yaml", touched),
            (f"{CHART}/files/dashboards/github-billing-costs.json", touched),
            (f"{CHART}/files/dashboards/abandoned.json", touched),
        ],
    )
    def test_is_named_and_mended(
        self,
        name: str,
        change: Callable[[Path], None],
        tree: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        change(tree / name)
        assert main(["--check"], tree) == 1
        assert capsys.readouterr().out == f"{name} is stale: run `make fix`\n"
        assert main([], tree) == 0
        assert main(["--check"], tree) == 0
        wanted = files(tree).get(tree / name)
        assert (tree / name).exists() == (wanted is not None)

    def test_is_not_mended_by_a_misspelt_argument(
        self, tree: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        touched(tree / "docs/metrics.md")
        with pytest.raises(SystemExit) as ended:
            main(["--chekc"], tree)
        assert ended.value.code == 2
        assert "--chekc" in capsys.readouterr().err
        assert (tree / "docs/metrics.md").read_text() == "groups: []\n"
        assert main([], tree) == 0
