"""How much other work a machine does while it times.

On processors whose cores share execution units, and on virtual machines, other work slows a thread by a third
without ever interrupting it; then all timings are slow alike and look calm. So load is looked at by itself.
"""

import os
import time
from pathlib import Path

STAT = Path("/proc/stat")


def others_seconds() -> float | None:
    """Processor time that other processes have taken so far on the processors that this one may use: user, nice,
    system, interrupt and stolen time, less this process's own. None where the system does not tell (other systems than
    Linux, and Android's apps).
    """
    try:
        ours = {f"cpu{n}" for n in os.sched_getaffinity(0)}
        rows = [line.split() for line in STAT.read_text().splitlines()]
        ticks = sum(sum(map(int, row[1:4])) + sum(map(int, row[6:9])) for row in rows if row and row[0] in ours)
        return ticks / os.sysconf("SC_CLK_TCK") - time.process_time()
    except (AttributeError, OSError, ValueError):
        return None
