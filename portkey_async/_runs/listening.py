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

    def silent_at(self, patience: float) -> float:
        """Give when no event has come for so many seconds, by the loop's clock.

        Bytes are no events: a server that is stuck may go on sending comments. They count from
        the first wait after an event.
        """
        if self.heard:
            self.heard, self._silent_since = False, asyncio.get_running_loop().time()
        return self._silent_since + patience

    async def wait(self, alarm: asyncio.Future[bool] | None, limit: asyncio.Timeout) -> None:
        """Wait for the next bytes. Cancelled, it loses nothing.

        Args:
            alarm: What ends the wait.
            limit: By which it does.

        Raises:
            APIResponseValidationError: An event is too long.
        """
        self._check()

        def go_off(_: object) -> None:
            limit.reschedule(0.0)

        if alarm is not None:
            alarm.add_done_callback(go_off)
        chunk = b""
        try:
            chunk = await self._stream.read()
        except APIConnectionError:
            pass
        finally:
            if alarm is not None:
                alarm.remove_done_callback(go_off)
        self.events = iter(self._parser.feed(chunk))
        self.ended = not chunk

    def _check(self) -> None:
        if self._parser.error is not None:
            raise self.completed(self._parser.error)

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
