"""How long a call may take, and which failures are repeated: the settings that callers make."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final, TypeAlias

import attrs

from portkey_async._errors import ConfigurationError

#: The statuses of failures that may pass.
PASSING: Final = frozenset({408, 500, 502, 503, 504, *range(520, 525), 529, 530})

_Number: TypeAlias = "attrs.Attribute[float] | attrs.Attribute[float | None]"


def _seconds(instance: object, field: _Number, value: float | None) -> None:
    _number(instance, field, value, 0.0, " seconds")


def _positive(instance: object, field: _Number, value: float | None) -> None:
    if value is not None:
        _number(instance, field, value, math.ulp(0.0), " seconds, or None for no limit")


def _switch(instance: object, field: attrs.Attribute[bool], value: bool) -> None:  # noqa: FBT001
    if type(value) is not bool:
        name = f"{type(instance).__name__}.{field.name}"
        raise ConfigurationError(f"{name} is {value!r}; it must be True or False")


def _count(instance: object, field: attrs.Attribute[int], value: int) -> None:
    if type(value) is not int or value < 1:
        name = f"{type(instance).__name__}.{field.name}"
        raise ConfigurationError(f"{name} is {value!r}; it must be a whole number, at least 1")


def _frozen(value: Iterable[int]) -> frozenset[int]:
    try:
        return frozenset(value)
    except TypeError:
        raise ConfigurationError(
            f"RetryPolicy.statuses is {value!r}; it must be a set of statuses, such as {{500, 503}}"
        ) from None


def _statuses(_instance: object, _field: object, value: frozenset[int]) -> None:
    for status in value:
        if type(status) is not int or not 400 <= status <= 599:
            raise ConfigurationError(
                f"RetryPolicy.statuses holds {status!r}; a status is a whole number from 400 to 599"
            )


def _number(instance: object, field: _Number, value: object, least: float, unit: str) -> None:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not good or not least <= value < math.inf:  # type: ignore[operator]  # a number by now
        name = f"{type(instance).__name__}.{field.name}"
        need = "more than 0" if least else "0 or more"
        raise ConfigurationError(f"{name} is {value!r}; it must be {need}{unit}")


@attrs.frozen(cache_hash=True)  # it is a key: every attempt looks up aiohttp's own by it
class Timeout:
    """How long a call may take, in seconds. None means no limit.

    Args:
        total: The whole call: all attempts, the waits between them and the body. Default 60.
        connect: Opening a connection once its name is looked up, in each attempt. Default 5.
        read: Between two pieces of the response, in each attempt. Default 30.

    Raises:
        ConfigurationError: A limit is not a number above 0.
    """

    total: float | None = attrs.field(default=60.0, validator=_positive)
    connect: float | None = attrs.field(default=5.0, validator=_positive)
    read: float | None = attrs.field(default=30.0, validator=_positive)


@attrs.frozen
class RetryPolicy:
    """Which failures are repeated, and after how long. Waits are in seconds.

    A call that surely never reached the server, and one that met a 429, is repeated whatever
    it does. After a status in `statuses` and after a lost or cut response, `list`, `retrieve`,
    `update` and `delete` are repeated; `create` is not, as it could be done twice. Nothing else
    is repeated. The server's `Retry-After`, `retry-after-ms` and `x-should-retry` are heeded: after
    one that asks to wait, all calls of the client, and of all clients derived from it, wait.

    Args:
        attempts: How many times at most, the first included. 1 turns retries off. Default 3.
        initial: The longest wait after the first attempt; it doubles with each. Default 0.5.
        maximum: The longest wait of our own. Default 8.
        max_retry_after: A server that asks for a longer wait than this gets none: the call
            fails at once, with `.retry_after`. Default 60.
        repeat_creates: Repeat `create` like the others. Only for servers that heed
            `Idempotency-Key`. Default False.
        after_gateway: Repeat although the gateway says that it has spent its own retries
            (`x-portkey-retry-attempt-count: -1`). Default False.
        statuses: The statuses that may pass, each from 400 to 599. Default 408, 500, 502 to 504,
            520 to 524, 529 and 530. 429 is always one of them.

    Raises:
        ConfigurationError: `attempts` is not a whole number from 1, a wait is negative, or a
            status is none.
    """

    attempts: int = attrs.field(default=3, validator=_count)
    initial: float = attrs.field(default=0.5, validator=_seconds)
    maximum: float = attrs.field(default=8.0, validator=_seconds)
    max_retry_after: float = attrs.field(default=60.0, validator=_seconds)
    repeat_creates: bool = attrs.field(default=False, validator=_switch)
    after_gateway: bool = attrs.field(default=False, validator=_switch)
    statuses: frozenset[int] = attrs.field(default=PASSING, converter=_frozen, validator=_statuses)
