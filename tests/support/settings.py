"""A client's options by themselves: what it is told, and the headers it would send."""

from __future__ import annotations

from portkey_async import AsyncPortkey, __version__
from portkey_async._options.options import Options, derive
from portkey_async._secrets import Sealed

#: What HTTP itself needs, whatever a client is told.
FIXED = {
    "accept": "application/json",
    "accept-encoding": "gzip, deflate",
    "user-agent": f"portkey-async/{__version__}",
}
#: For tests in which the key is not the point.
OWN_GATEWAY = "http://127.0.0.1:8787/v1"


def options(base: Options | None = None, /, **changes: object) -> Options:
    """Apply arguments as the client does."""
    return derive(base or Options(), Sealed(changes))


def own(**changes: object) -> Options:
    """Apply arguments to a client of a gateway that needs no key."""
    return options(**{"base_url": OWN_GATEWAY} | changes)


def headers(given: Options) -> dict[str, str]:
    """Give the headers that the arguments account for."""
    assert given.headers.items() >= FIXED.items()
    return {name: value for name, value in given.headers.items() if name not in FIXED}


def settings_of(client: AsyncPortkey) -> Options:
    """Give what a client was told; no request is made that would show it."""
    return client._options  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def label(value: object) -> str | None:
    """Name a parameter of a test, without addresses, which differ from process to process."""
    return None if " at 0x" in repr(value) else repr(value)[:50]
