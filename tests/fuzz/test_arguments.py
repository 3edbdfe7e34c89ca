"""Any command line is accepted, or rejected with an exit code and without a traceback."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exporter.cli import COMMANDS, main
from exporter.settings import options

CORPUS = Path(__file__).parent / "corpus" / "arguments" / "lines.txt"

FLAGS = [option.flag for option in options() if option.flag]
VALUES = st.sampled_from(
    ["", "-", "--", "0", "-1", "1ms", "15m", "9" * 40, "acme", "ac/me", "\x00", "é", "1/0", "3/3"]
) | st.text(max_size=8)
WORDS = st.sampled_from([*sorted(COMMANDS), *FLAGS, "--help", "--version"]) | VALUES
PAIRS = st.tuples(st.sampled_from(FLAGS), VALUES)


def ends(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """Run a command; expect an exit code and a message."""
    # An account without a token is a configuration error: the command uses no network.
    code: object = 0
    try:
        main(arguments)
    except SystemExit as ended:
        code = ended.code
    said = capsys.readouterr()
    assert code in {0, 1, 2, 3}
    assert "Traceback" not in said.err + said.out
    assert (said.err + said.out).strip()


class TestCommandLines:
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(WORDS, max_size=6))
    def test_of_any_words_end_with_a_code_and_words(
        self, capsys: pytest.CaptureFixture[str], words: list[str]
    ) -> None:
        ends(capsys, ["check", *words] if not {"check", "once"} & set(words[:1]) else words)

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.sampled_from(["check", "once", "run"]), st.lists(PAIRS, max_size=4))
    def test_of_any_values_end_with_a_code_and_words(
        self, capsys: pytest.CaptureFixture[str], verb: str, pairs: list[tuple[str, str]]
    ) -> None:
        ends(capsys, [verb, *(word for pair in pairs for word in pair)])

    @pytest.mark.parametrize("line", CORPUS.read_text().splitlines())
    def test_of_the_corpus_end_with_a_code_and_words(
        self, capsys: pytest.CaptureFixture[str], line: str
    ) -> None:
        ends(capsys, line.split(" "))
