"""A forged state file with a valid checksum never prevents a start."""

import hashlib
import subprocess
import sys
import zlib
from datetime import UTC, datetime
from math import inf, nan
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from exporter.accounts import AccountType, Platform
from exporter.collectors import ALL
from exporter.metrics import catalogue
from exporter.state.file import StateFile, sealed
from exporter.web import landing
from tests.support.good_state import GOOD
from tests.support.lists import Lists
from tests.support.restarts import ALL_FAIL, keep, life
from tests.support.world import SPINE, START, organization, virtual

FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
MEGABYTE = 1 << 20
BOMB = zlib.compress(bytes(512 * MEGABYTE), 9)

EMPTY = msgspec.msgpack.encode((START, [], []))
WITH_NAME = msgspec.msgpack.encode((START, [], [("QQQQ", "api.github.com", None, {})]))

IN_LITTLE_MEMORY = """
import resource, sys
from pathlib import Path
from exporter.state.file import StateFile

lines = Path("/proc/self/status").read_text().splitlines()
[size] = [int(line.split()[1]) for line in lines if line.startswith("VmSize")]
most = (size << 10) + int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_AS, (most, most))
print(StateFile(Path(sys.argv[1])).read() is not None)
"""
"""Reads a state file with a limit on additional address space."""


def forged(payload: bytes) -> bytes:
    """Return a state file of a compressed payload, with a valid checksum."""
    true = sealed(b"")
    magic = true[: -len(zlib.compress(b"", 1)) - 32]
    return magic + hashlib.blake2b(payload, digest_size=32).digest() + payload


TEXT = st.sampled_from(["", "..", ".", "\x1b[2J", "a/b", "\0", "a" * 1000]) | st.text(max_size=5)
NAMES = st.sampled_from(["acme", "beta", "ACME"]) | TEXT
TRUE, TRUE_TIMES = st.floats(allow_nan=False, allow_infinity=False), st.just(START)
TIMES = TRUE_TIMES | TRUE_TIMES | TRUE_TIMES | st.datetimes(timezones=st.just(UTC))
NUMBERS = TRUE | TRUE | TRUE | st.floats() | st.integers(-(2**63), 2**64 - 1)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=2)


@st.composite
def readings(draw: st.DrawFn, names: tuple[str, ...]) -> object:
    said = {}
    for name in names:
        metric = next(each for each in catalogue.BILL if each.name == name)
        labels = st.tuples(*(TEXT for _ in metric.labels))
        samples = st.lists(st.tuples(labels | labels | st.tuples(TEXT), NUMBERS), max_size=2)
        said[name] = (metric.labels, draw(samples))
    facts = st.dictionaries(st.just("plan"), TEXT)
    end = st.none() | TIMES
    folded = st.integers(-(2**63), 2**64 - 1)
    return (draw(TIMES), said, draw(end), draw(facts), draw(PAIRS), draw(PAIRS), draw(folded))


@st.composite
def states(draw: st.DrawFn) -> object:
    """Draw a state of ``acme`` and of discoveries. Only its shape is valid."""
    jobs = {}
    for collector in (each for each in ALL if each.name in SPINE):
        names = tuple(metric.name for metric in collector.metrics[:2])
        jobs[collector.name] = (
            draw(st.none() | st.booleans()),
            draw(st.none() | TIMES),
            draw(st.none() | readings(names)),
        )
    platform = draw(st.none() | st.sampled_from(Platform))
    front = draw(st.sampled_from(Platform))
    account = (AccountType.ORGANIZATION, "acme", "api.github.com", platform, front, jobs)
    seen = st.tuples(st.sampled_from(AccountType), NAMES, st.none() | st.integers(0, 9))
    lists = {
        "": draw(st.lists(seen, max_size=3)),
        draw(NAMES): draw(st.lists(seen, max_size=3)),
    }
    discovery = ("default", "api.github.com", draw(st.none() | TIMES), lists)
    return (draw(TIMES), [account], [discovery])


class TestForged:
    @given(said=states())
    @settings(max_examples=25)
    def test_of_any_content_fails_no_start(
        self, tmp_path_factory: pytest.TempPathFactory, said: object
    ) -> None:
        path = tmp_path_factory.mktemp("forged") / "state"
        path.write_bytes(forged(zlib.compress(msgspec.msgpack.encode(said))))
        discovering = {"discover": {"enabled": True}}

        async def run() -> None:
            lists = Lists(500)
            async with life(
                path, organization(), fault=ALL_FAIL, lists=lists, settings=discovering
            ) as world:
                names = {watched.account.name for watched in world.app.poller.accounts}
                assert not names & {"", ".", "..", "\x1b[2J", "a/b", "\0"}
                world.samples()
                landing.render(world.app.poller.page(), world.clock())
                await world.passes(minutes=20)
                await keep(world)

        virtual(run)

    @pytest.mark.parametrize(
        "payload",
        [
            BOMB,
            zlib.compress(EMPTY.replace(b"\x93", b"\x94", 1) + b"\x91" * MEGABYTE + b"\xc0"),
            zlib.compress(WITH_NAME.replace(b"QQQQ", b"\xff\xff\xff\xff")),
            zlib.compress(EMPTY[:-1] + b"\xdd\xff\xff\xff\xff"),
            zlib.compress(EMPTY)[:-6],
            zlib.compress(b""),
            b"",
        ],
        ids=["a bomb", "nested", "no UTF-8", "a false length", "cut", "empty", "nothing"],
    )
    def test_of_no_content_is_set_aside_in_a_line(self, tmp_path: Path, payload: bytes) -> None:
        path = tmp_path / "state"
        path.write_bytes(forged(payload))
        with StateFile(path) as file, capture_logs() as logs:
            assert file.read() is None
        assert [each["event"] for each in logs] == ["state set aside"]
        assert path.with_name("state.damaged").exists()

    @pytest.mark.parametrize(
        ("value", "taken", "end"),
        [
            *((value, START, None) for value in (nan, inf, -inf)),
            *((0.0, taken, None) for taken in (FIRST, LAST)),
            *((0.0, START, end) for end in (FIRST, LAST)),
        ],
    )
    def test_of_a_value_that_is_no_number_or_a_time_that_is_none_is_set_aside(
        self, tmp_path: Path, value: float, taken: datetime, end: datetime | None
    ) -> None:
        path = tmp_path / "state"
        metric = catalogue.USAGE_USD.net
        series = {metric.name: (metric.labels, [(("actions", "actions_linux"), value)])}
        jobs: dict[str, object] = {"usage": (True, START, (taken, series, end, {}, [], [], 0))}
        account = (AccountType.ORGANIZATION, "acme", "api.github.com", None, Platform.USAGE, jobs)
        path.write_bytes(forged(zlib.compress(msgspec.msgpack.encode((START, [account], [])))))
        with StateFile(path) as file, capture_logs() as logs:
            assert file.read() is None
        assert [each["event"] for each in logs] == ["state set aside"]


class TestMemory:
    @pytest.mark.parametrize(
        ("content", "read"),
        [(GOOD, True), (forged(BOMB), False), (b"x" * 40 * MEGABYTE, False)],
        ids=["true", "bomb", "large"],
    )
    def test_is_taken_by_the_size_of_the_file(
        self, tmp_path: Path, content: bytes, read: bool
    ) -> None:
        (tmp_path / "state").write_bytes(content)
        ended = subprocess.run(
            [sys.executable, "-c", IN_LITTLE_MEMORY, tmp_path / "state", str(32 * MEGABYTE)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.stderr == ""
        assert ended.stdout.splitlines()[-1] == str(read)
