"""CPU time of a piece of work: the best of several runs, since noise only adds."""

import time
from collections.abc import Callable


def best_cpu_s(work: Callable[[], object], *, runs: int = 7) -> float:
    """CPU seconds of the fastest run."""
    times = []
    for _ in range(runs):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)
