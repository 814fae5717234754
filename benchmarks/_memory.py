"""The resident memory of this process, in MiB.

Imports nothing that costs: the import benchmark would pay for it.
"""

import sys

_ON_LINUX = sys.platform == "linux"


def resident() -> float:
    """Return the memory that is resident now; the peak where there is no way to tell."""
    return _status("VmRSS") if _ON_LINUX else peak()


def peak() -> float:
    """Return the most memory that was ever resident.

    On Linux not `ru_maxrss`: that one survives `exec`, so it may be the parent's peak.
    """
    if _ON_LINUX:
        return _status("VmHWM")
    import resource  # noqa: PLC0415  # see the module's docstring

    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _status(field: str) -> float:
    with open("/proc/self/status", "rb") as status:  # noqa: PTH123  # pathlib costs an import
        for line in status:
            key, _, value = line.partition(b":")
            if key == field.encode():
                return int(value.split()[0]) / 1024
    raise LookupError(f"/proc/self/status has no {field}")
