"""The pages of docs/ are what the code would write, and name all that the code can list."""

from pathlib import Path

import pytest

from exporter import reference
from exporter.cli import main
from exporter.collectors import ALL, Collector
from exporter.github import errors
from exporter.metrics import catalogue
from exporter.metrics.model import Metric
from exporter.settings import Option, options

ROOT = Path(__file__).parents[2]
README = "# Exporter\n\nBefore.\n\n<!-- collectors: begin -->\n<!-- collectors: end -->\n\nAfter.\n"


def page(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


def exit_code(*arguments: str) -> object:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return ended.value.code


class TestPagesOfTheRepository:
    def test_are_current(self) -> None:
        assert reference.stale(ROOT) == []

    @pytest.mark.parametrize("option", options(), ids=lambda option: ".".join(option.path))
    def test_settings_name_every_option(self, option: Option) -> None:
        line = next(
            line for line in page("settings").splitlines() if f"`{option.environment[0]}`" in line
        )
        flag = f"`{option.flag}`" if option.switch else f"`{option.flag} "
        assert flag in line or (option.flag is None and "never a flag" in line)
        assert option.description.replace("|", "\\|") in line

    @pytest.mark.parametrize("metric", catalogue.ALL, ids=lambda metric: metric.name)
    def test_metrics_have_every_metric_with_help_and_labels(self, metric: Metric) -> None:
        _, _, section = page("metrics").partition(f"\n### `{metric.name}`\n")
        section = section.partition("\n#")[0]
        assert metric.help in section
        assert all(f"`{label}`" in section for label in metric.all_labels)

    @pytest.mark.parametrize("collector", ALL, ids=lambda collector: collector.name)
    def test_every_collector_is_in_the_readme_and_has_its_permissions(
        self, collector: Collector
    ) -> None:
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        assert f"\n| `{collector.name}` | {collector.summary} |" in readme
        assert f"(docs/permissions.md#{collector.name})" in readme
        _, _, section = page("permissions").partition(f"\n## `{collector.name}`\n")
        section = section.partition("\n## ")[0]
        assert all(right in section for right in collector.permissions.values())

    def test_failures_have_every_reason(self) -> None:
        reasons = {error.reason for error in errors.ALL}
        headings = {line[4:-1] for line in page("failures").splitlines() if line.startswith("## `")}
        assert headings == reasons


class TestDocs:
    @pytest.fixture(autouse=True)
    def _root(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "README.md").write_text(README)
        monkeypatch.chdir(tmp_path)

    def test_what_write_writes_check_accepts(self, capsys: pytest.CaptureFixture[str]) -> None:
        main(["docs", "write"])
        main(["docs", "check"])
        assert capsys.readouterr() == ("", "")

    def test_the_readme_keeps_what_is_around_the_table(self) -> None:
        main(["docs", "write"])
        before, _, rest = Path("README.md").read_text().partition("<!-- collectors: begin -->\n")
        table, _, after = rest.partition("<!-- collectors: end -->\n")
        assert (before, after) == ("# Exporter\n\nBefore.\n\n", "\nAfter.\n")
        assert table.count("\n") == len(ALL) + 2

    @pytest.mark.parametrize("name", ["docs/metrics.md", "docs/settings.md", "README.md"])
    def test_check_names_what_was_touched(
        self, name: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        main(["docs", "write"])
        changed = Path(name).read_text().replace("|", "!", 1).replace("#", "##", 1)
        Path(name).write_text(changed if name != "README.md" else README)
        assert exit_code("docs", "check") == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert f": {name}; run github-billing-exporter docs write" in line

    def test_check_names_what_is_missing(self, capsys: pytest.CaptureFixture[str]) -> None:
        main(["docs", "write"])
        Path("docs/failures.md").unlink()
        assert exit_code("docs", "check") == 1
        assert "docs/failures.md" in capsys.readouterr().err

    @pytest.mark.parametrize("name", reference.PAGES)
    def test_each_page_can_be_printed(self, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        main(["docs", name])
        assert capsys.readouterr().out == reference.PAGES[name]()

    @pytest.mark.parametrize("verb", ["check", "write"])
    def test_elsewhere_than_in_the_root_nothing_is_written(
        self, verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "README.md").unlink()
        assert exit_code("docs", verb) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "no README.md here" in line
        assert list(tmp_path.iterdir()) == []

    def test_an_unknown_page_is_told_with_those_there_are(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert exit_code("docs", "recipes") == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "no page recipes" in line
        assert all(name in line for name in (*reference.PAGES, "check", "write"))
