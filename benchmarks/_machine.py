"""Where and with what the benchmarks ran."""

import importlib.metadata
import os
import platform
from pathlib import Path

_PACKAGES = (
    "portkey-async",
    "aiohttp",
    "attrs",
    "cattrs",
    "msgspec",
    "orjson",
    "openai",
    "httpx2",
    "portkey-ai",
    "httpx",
    "pydantic",
)


def versions() -> dict[str, str]:
    """Return the versions of the interpreter and of the packages that take part and are there."""
    found = {platform.python_implementation(): platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def machine() -> str:
    """Return the machine in a line: system, processor, cores."""
    return f"{platform.system()} {platform.release()}, {_processor()}, {os.cpu_count()} cores"


def load() -> str:
    """Return how busy the machine is; the run itself adds about one to it."""
    if not hasattr(os, "getloadavg"):
        return "not known on this system"
    return f"{os.getloadavg()[0]:.1f} in the last minute"


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
