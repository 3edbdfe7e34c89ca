"""Repeats figures of the benchmarks, from their tables in docs/performance.md."""

import re
import textwrap

_BEGIN = "<!-- results: begin -->\n"
_END = "<!-- results: end -->\n"
_RESOURCES = re.compile(r"(?:^#.*\n)+(?=resources:)", re.MULTILINE)
_SIZES = ("1,000", "10,000", "100,000")
_WIDTH = 104


class Measured:
    """The cells of the tables of docs/performance.md, which are the output of ``make bench``."""

    def __init__(self, page: str) -> None:
        self._sections = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n)*)", page, re.MULTILINE))

    def cells(self, section: str, *start: str) -> list[str]:
        """Return the cells after those that the row starts with. Raises ``KeyError``."""
        for line in self._sections[section].splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if all(map(str.startswith, cells, start)) and line.startswith("|"):
                return cells[len(start) :]
        raise KeyError(f"docs/performance.md has no row {start} in {section}")

    def number(self, section: str, *start: str, column: int = 0) -> float:
        """Return the number that a cell begins with."""
        return float(self.cells(section, *start)[column].split()[0].replace(",", ""))

    def times(self, section: str, *start: str, column: int) -> str:
        """Return the factor that a cell has in parentheses."""
        return self.cells(section, *start)[column].rpartition("(")[2].removesuffix(" times)")


def filled(page: str) -> str:
    """Return docs/performance.md with the current results beside the goals."""
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    rows = "".join(f"| {' | '.join(row)} |\n" for row in _results(Measured(page)))
    header = "| measurement | goal | result |\n|---|---|---|\n"
    return f"{before}{_BEGIN}\n{header}{rows}\n{_END}{after}"


def with_resources(values: str, page: str) -> str:
    """Return the chart's values.yaml with the current figures above ``resources``."""
    of, many = Measured(page), "Many accounts"
    few, most = (of.cells(many, "peak memory")[column] for column in (0, 1))
    cpu, time = (
        of.number(many, f"{each} of the first polls", column=1) for each in ("CPU", "time")
    )
    report = of.number("A month of a million rows", "peak memory")
    sentence = (
        f"Resource requests and limits. docs/performance.md measures {few} MB with 5 "
        f"organizations, {most} MB with 500; {cpu / time:.0%} of a core during the first polls "
        f"of 500; {report:.0f} MB more for a report of a million rows."
    )
    comment = textwrap.fill(sentence, _WIDTH, initial_indent="# ", subsequent_indent="# ")
    return _RESOURCES.sub(f"{comment}\n", values, count=1)


def _results(of: Measured) -> list[tuple[str, str, str]]:
    scrapes, month, many = "Scrapes", "A month of a million rows", "Many accounts"
    process, soak = "The process", "A day of 500 accounts"
    one, everything, packed = (
        of.number(scrapes, start)
        for start in ("exporter, one organization", "exporter, everything", "generate_latest")
    )
    served = [of.times(scrapes, _SIZES[-1], body, column=2) for body in ("plain", "gzip")]
    plain, gzip = (
        [float(of.times(scrapes, size, body, column=4)) for size in _SIZES]
        for body in ("plain", "gzip")
    )
    compressed = (
        f"{gzip[0]:.2f} (1,000 series), {gzip[1]:.2f} (10,000) and {gzip[2]:.1f} times (100,000)"
    )
    ours, theirs = (of.number(month, "read and summed", column=column) for column in (0, 1))
    kept, held = (of.number(month, "peak memory", column=column) for column in (0, 1))
    cpu, memory = of.cells(many, "CPU")[2], of.number(many, "peak memory", column=2)
    growth = of.number(soak, "memory at the end") / of.number(soak, "memory after 5 hours") - 1
    return [
        (
            "scrapes of an unchanged page of 100,000 series",
            "100 times as many as prometheus_client's server",
            f"{served[0]} times, compressed {served[1]} times",
        ),
        (
            "the same, beside nginx serving the bytes as a file",
            "half as many",
            f"plain {min(plain):.2f} to {max(plain):.1f} times, compressed {compressed}",
        ),
        (
            "a page on which one of 500 organizations changed",
            "a sixth of rendering everything",
            f"1/{everything / one:.0f}; 1/{packed / one:.0f} of `generate_latest` and gzip",
        ),
        (
            "`/healthz` meanwhile, 99th percentile",
            "20 ms",
            f"{of.cells(scrapes, '99th percentile')[0]} ms",
        ),
        (
            "a month of 1,000,000 rows",
            "4 times as fast as `json.loads` and a loop, 1/20 of the memory",
            f"{theirs / ours:.1f} times, 1/{held / kept:.0f}",
        ),
        (
            "a poll without changes",
            "no more requests than the first, each answered 304",
            "met, except for requests that GitHub refuses and a plan that it does not name",
        ),
        (
            "start to the first page (demo)",
            "1 s",
            f"{of.number(process, 'start to first page'):.2f} s",
        ),
        ("imports", "350 ms", f"{of.cells(process, 'together')[0]} ms"),
        ("idle memory", "55 MB", f"{of.number(process, 'memory, MB', column=1):.0f} MB"),
        (
            "at rest, one organization scraped each 15 s",
            "0.1% of a core",
            of.cells(process, "1", "15m")[1],
        ),
        (
            "500 accounts",
            "linear",
            f"CPU {cpu} times and memory {memory:.1f} times that of five",
        ),
        (
            "500 organizations, peak memory",
            "180 MB",
            f"{of.cells(many, 'peak memory')[1]} MB",
        ),
        (
            "a day of 500 accounts with faults",
            "no missed poll, memory within 5%",
            f"{of.cells(soak, 'polls missed')[0]} of {of.cells(soak, 'polls')[0]}, {growth:.0%}",
        ),
    ]
