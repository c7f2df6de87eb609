"""CPU time: of a piece of work the best of several runs, since noise only adds; of another process what the system counts."""

import os
import time
from collections.abc import Callable
from pathlib import Path


def best_cpu_s(work: Callable[[], object], *, runs: int = 7) -> float:
    """CPU seconds of the fastest run."""
    times = []
    for _ in range(runs):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)


def process_cpu_s(pid: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
