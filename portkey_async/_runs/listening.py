"""Listening to one response: its bytes as they come, the events in them, and its silence."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from portkey_async._errors import APIConnectionError, PortkeyError
from portkey_async._models.runs import Run
from portkey_async._secrets import Redactor
from portkey_async._transport.call import Opened
from portkey_async._transport.response import Stream
from portkey_async._transport.sse import EventParser, ServerSentEvent


class Listening:
    """Listens to one response.

    Args:
        opened: The response; None for one that says nothing.
        limit: How many bytes an event may have.
        redact: Takes credentials out of what the server says, where there is no response.

    Attributes:
        opened: The response.
        redact: Takes credentials out of what the server says.
        events: The events that have come and are not taken yet.
        ended: Whether no more are to be taken.
        heard: Whether an event was taken since the last wait: then the patience begins anew.
    """

    def __init__(self, opened: Opened[Run] | None, limit: int, redact: Redactor) -> None:
        """Wait for the first byte."""
        self.opened = opened
        self._stream: Stream = _Nothing() if opened is None else opened.stream or _Nothing()
        self._parser = EventParser(limit)
        self._silent_since = 0.0
        self.redact = redact if opened is None else opened.redact
        self.events: Iterator[ServerSentEvent] = iter(())
        self.ended = False
        self.heard = True

    async def wait(self, patience: float, alarm: asyncio.Future[bool] | None) -> None:
        """Wait for the next bytes.

        Bytes are no events: a server that is stuck may go on sending comments. Cancelled, it loses
        nothing, and the patience does not begin anew.

        Args:
            patience: Seconds without an event.
            alarm: What is waited for instead of those.

        Raises:
            TimeoutError: No event has come for so long, or the alarm has gone off.
            APIResponseValidationError: An event is too long.
        """
        self._check()
        loop = asyncio.get_running_loop()
        if self.heard:
            self.heard, self._silent_since = False, loop.time()
        chunk = b""
        try:
            async with asyncio.timeout_at(self._silent_since + patience) as limit:
                if alarm is None:
                    chunk = await self._stream.read()
                else:
                    chunk = await self._read_until(alarm, limit)
        except APIConnectionError:
            pass
        self.events = iter(self._parser.feed(chunk))
        self.ended = not chunk

    def _check(self) -> None:
        if self._parser.error is not None:
            raise self.completed(self._parser.error)

    async def _read_until(self, alarm: asyncio.Future[bool], limit: asyncio.Timeout) -> bytes:
        limit.reschedule(None)

        def go_off(_: object) -> None:
            limit.reschedule(0.0)

        alarm.add_done_callback(go_off)
        try:
            return await self._stream.read()
        finally:
            alarm.remove_done_callback(go_off)

    async def read_on(self) -> bool:
        """Wait for the next bytes; False at the end."""
        self._check()
        chunk = await self._stream.read()
        self.events = iter(self._parser.feed(chunk))
        return bool(chunk)

    def end(self) -> None:
        """Take no more events."""
        self.ended = True
        self.events = iter(())

    def close(self) -> None:
        """Let go of the connection. Idempotent."""
        self._stream.close()

    def completed(self, error: PortkeyError) -> PortkeyError:
        """Put the facts of the call into an error."""
        return error if self.opened is None else self.opened.complete(error)


class _Nothing:
    """A stream that has nothing to give."""

    async def read(self) -> bytes:
        return b""

    def close(self) -> None:
        pass
