"""How many cores there are to compute with."""

import os


def usable_cores() -> int:
    """Return the number of cores that this process may use; there can be more in the machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
