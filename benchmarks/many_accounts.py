"""Memory and CPU for many organizations on one GitHub App, simulated.

Run ``.venv/bin/python benchmarks/many_accounts.py``. The simulated GitHub shares the process and
time jumps from wait to wait, so that the memory is more than the exporter's own and the CPU
seconds are those of half an hour's polls on both sides.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

SIZES = (5, 50, 500)

RUN = """
import resource, sys, time
from pathlib import Path
from exporter.exposition import text
from tests.test_many_accounts import app_world, discovering
from tests.world import virtual

async def scenario():
    world = app_world(int(sys.argv[1]), Path(sys.argv[2]))
    async with discovering(world):
        await world.passes(minutes=30)
        began = time.process_time()
        page = text(world.app.poller.page(), world.app.telemetry.registry)
        rendered = time.process_time() - began
        usage = resource.getrusage(resource.RUSAGE_SELF)
        series = sum(not line.startswith(b"#") for line in page.splitlines())
        memory = next(
            int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines()
            if line.startswith("VmRSS")
        )
        print(series, memory / 1024, usage.ru_utime + usage.ru_stime, rendered)

virtual(scenario)
"""


def main() -> None:
    print("| organizations | series | memory, MB | CPU, s | page built and rendered, s |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for size in SIZES:
            ended = subprocess.run(
                [sys.executable, "-c", RUN, str(size), str(Path(scratch) / "key")],
                capture_output=True,
                text=True,
                check=True,
            )
            series, memory, cpu, rendered = map(float, ended.stdout.splitlines()[-1].split())
            print(f"| {size} | {series:,.0f} | {memory:.0f} | {cpu:.1f} | {rendered:.2f} |")


if __name__ == "__main__":
    main()
