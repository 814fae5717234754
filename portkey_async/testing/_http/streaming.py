"""How a stream of events goes out on the wire, whole or broken on its way."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import msgspec
from aiohttp.web import BaseRequest, StreamResponse

from portkey_async.testing._exchange import Event, EventSource, error_event
from portkey_async.testing._faults.fault import Fault

from .delivery import transport_of

MEDIA_TYPE: Final = "text/event-stream; charset=utf-8"
_SETTLING: Final = 0.1
"""Seconds after which a run that nobody listens to any more has gone on by itself."""
_ARRIVING: Final = 0.05
"""Seconds for what was sent to arrive: clients drop what is unread when a connection breaks."""
_LOOK: Final = 0.5
"""Seconds between looks whether the client of a silent stream is still there."""


def collected(events: EventSource, edit: Callable[[Any], Any] | None) -> bytes:
    """All events there are without waiting, as one body."""
    body = bytearray()
    while (event := events.next()) is not None:
        body += _encoded(event, edit)
    return bytes(body)


async def send_events(
    request: BaseRequest, headers: Mapping[str, str], events: EventSource, fault: Fault | None
) -> StreamResponse:
    """Send the events as they come, broken as the fault says; a run goes on without its client."""
    response = StreamResponse(headers={**headers, "Content-Type": MEDIA_TYPE})
    try:
        await response.prepare(request)
        number = 0
        async for event in _coming(request, events):
            if fault is not None and number == fault.after_events:
                await _break(request, response, event, fault)
                if fault.name in {"cut_stream", "error_event"}:
                    return response
            await response.write(_encoded(event, None if fault is None else fault.edit))
            number += 1
        return response
    finally:
        events.notify(None)
        if not events.ended:
            asyncio.get_running_loop().call_later(_SETTLING, events.leave)


async def _break(
    request: BaseRequest, response: StreamResponse, event: Event, fault: Fault
) -> None:
    """What a fault does ahead of an event."""
    match fault.name:
        case "cut_stream" if fault.clean:
            await response.write_eof()
        case "cut_stream":
            await asyncio.sleep(_ARRIVING)
            transport_of(request).close()
        case "stall_stream":
            await asyncio.sleep(fault.seconds)
        case "duplicate_event":
            await response.write(_encoded(event))
        case _ if fault.event is not None:
            await response.write(_encoded(fault.event))
        case _:
            pass


async def _coming(request: BaseRequest, events: EventSource) -> AsyncIterator[Event]:
    """The events, waited for.

    Raises:
        ConnectionResetError: The client has gone.
    """
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    events.notify(lambda: loop.call_soon_threadsafe(ready.set))
    while not events.ended:
        ready.clear()
        event = events.next()
        if event is not None:
            yield event
            # The other requests have their turns too.
            await asyncio.sleep(0)
            continue
        transport_of(request)
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK):
                await ready.wait()


def _encoded(event: Event, edit: Callable[[Any], Any] | None = None) -> bytes:
    """The event in bytes; an error of the data's editor, or no JSON, becomes an `error` event."""
    if event.name == "done":
        return b"event: done\ndata: [DONE]\n\n"
    try:
        data = msgspec.json.encode(event.data if edit is None else edit(event.data))
    except Exception as exc:  # noqa: BLE001  # a test's own function may raise anything
        return _encoded(error_event(f"The payload cannot be sent: {exc!r}"))
    return b"event: %b\ndata: %b\n\n" % (event.name.encode(), data)
