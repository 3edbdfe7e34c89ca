"""Helpers of the benchmarks: ports, the simulated GitHub, memory."""

import asyncio
import os
import socket
import threading
import time
from pathlib import Path

import uvicorn

from exporter.demo import SimulatedGitHub


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def served(simulated: SimulatedGitHub, port: int) -> None:
    """Serve the simulated GitHub until this process ends."""
    config = uvicorn.Config(simulated, port=port, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    threading.Thread(target=asyncio.run, args=[server.serve()], daemon=True).start()
    while not server.started:
        time.sleep(0.01)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(pid: int, line: str) -> float:
    """Return the current (``VmRSS``) or peak memory (``VmHWM``) of a process."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(each for each in status if each.startswith(line)).split()[1]) / 1024
