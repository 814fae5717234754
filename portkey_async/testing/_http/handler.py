"""One request from its bytes to its response's bytes, faults included."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web
from attrs import define, field

from portkey_async.testing._api.openapi import description
from portkey_async.testing._api.operations import respond
from portkey_async.testing._api.state import State
from portkey_async.testing._exchange import Received, Response, refusal
from portkey_async.testing._faults.fault import Fault
from portkey_async.testing._faults.queue import FaultQueue, random_fault

from .delivery import Reply, send
from .streaming import MEDIA_TYPE, collected, send_events

_LATER: Final = 0.1
"""Seconds until what happens a moment after a response."""
_WHILE_STREAMING: Final = (
    *("delay", "payload", "cut_stream", "stall_stream", "duplicate_event"),
    *("unknown_event", "error_event"),
)
"""Faults that leave a stream to be sent event by event."""
MAX_BODY_BYTES: Final = 32 * 1024 * 1024
_DESCRIPTION_PATHS: Final = ("/openapi.json", "/v1/openapi.json")


@define
class Handler:
    """Responds to requests by the API, with the faults that are due.

    Args:
        state: What the API works on.
        faults: The faults injected.
        requests: Grows by every request.
        max_requests: How many requests are kept at most; None for all.
        latency: Seconds before it acts on a request.
        fail_rate: Share of the requests that meet a random fault, 0 to 1.
        random: Decides which.
        on_answer: Called with every request that has been responded to.
    """

    state: State
    faults: FaultQueue
    requests: list[Received]
    max_requests: int | None
    latency: float
    fail_rate: float
    random: Random
    on_answer: Callable[[Received], None]
    _responses: int = field(default=0, init=False)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Respond to *request*; a caller that has gone is no error."""
        path, _, query = _printable(request.raw_path).partition("?")
        if path in _DESCRIPTION_PATHS:
            return _describe(request)
        received = Received(
            method=request.method,
            path=path,
            query=dict(parse_qsl(query, keep_blank_values=True)),
            headers=request.headers,
        )
        self._record(received)
        try:
            return await self._exchange(request, received)
        except ConnectionError:
            # Whatever is returned now, nobody gets it.
            return web.Response(status=500)
        finally:
            self.on_answer(received)

    def _record(self, received: Received) -> None:
        self.requests.append(received)
        if self.max_requests is not None:
            del self.requests[: -self.max_requests or None]

    def _due(self, received: Received) -> Fault | None:
        """The fault that meets the request: one injected, or a random one."""
        fault = self.faults.take(received.method, received.path, streams=received.streams)
        if fault is None and self.fail_rate and self.random.random() < self.fail_rate:
            return random_fault(self.random)
        return fault

    async def _exchange(self, request: web.BaseRequest, received: Received) -> web.StreamResponse:
        refused = await _read(request, received)
        fault = self._due(received)
        await _pause(self.latency)
        pause = fault.seconds if fault is not None and fault.name == "delay" else 0
        after_effect = fault is not None and fault.after_effect
        if not after_effect:
            await _pause(pause)
        response = self._act(received, refused, fault)
        if after_effect:
            await _pause(pause)
        if fault is not None and fault.response is not None:
            response = fault.response
        received.status = None if fault and fault.name == "reset" else response.status
        if response.events is not None and (fault is None or fault.name in _WHILE_STREAMING):
            return await send_events(request, self._headers(response), response.events, fault)
        reply = self._encode(response, fault)
        if received.status is not None:
            received.status = reply.status
        return await send(request, reply, fault)

    def _act(self, received: Received, refused: Response | None, fault: Fault | None) -> Response:
        """The proper response; unless a fault comes before its effect, it has then happened."""
        with self.state.engine.lock:
            response = refused or respond(self.state, received)
            received.answer = response.payload
            effective = fault is None or fault.completes or fault.after_effect
            if fault is not None and response.events is not None:
                # A part of the stream arrives, which tells of a run: there is one.
                effective |= fault.name in {"truncate", "malformed"}
            if effective and response.commit is not None:
                try:
                    response.commit()
                except Exception as exc:  # noqa: BLE001  # a test's own function may raise anything
                    message = f"The request cannot be acted on: {exc!r}"
                    return refusal(500, message, kind="server_error")
                received.acted = True
                if response.later is not None:
                    asyncio.get_running_loop().call_later(_LATER, response.later)
        return response

    def _headers(self, response: Response) -> dict[str, str]:
        self._responses += 1
        return {"x-request-id": f"req_{self._responses:032x}", **response.headers}

    def _encode(self, response: Response, fault: Fault | None = None) -> Reply:
        """The response in bytes; an error of a payload's editor, or no JSON from it, is a 500."""
        edit = fault.edit if fault is not None else None
        if response.events is not None:
            headers = {"Content-Type": MEDIA_TYPE, **self._headers(response)}
            body = collected(response.events, edit)
            response.events.leave()
            return Reply(response.status, headers, body)
        try:
            payload = response.payload if edit is None else edit(response.payload)
            body = msgspec.json.encode(payload)
        except Exception as exc:  # noqa: BLE001  # a test's own function may raise anything
            message = f"The payload cannot be sent: {exc!r}"
            response = refusal(500, message, kind="server_error")
            body = msgspec.json.encode(response.payload)
        headers = {"Content-Type": "application/json", **self._headers(response)}
        return Reply(response.status, headers, body)


async def _read(request: web.BaseRequest, received: Received) -> Response | None:
    """Read the body into *received*; a refusal of one that is too large or cannot be read."""
    if request.headers.get("Expect", "").lower() == "100-continue" and request.transport:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    size = 0
    chunks: list[bytes] = []
    try:
        while chunk := await request.content.readany():
            size += len(chunk)
            if size > MAX_BODY_BYTES:
                limit = f"Maximum size is {MAX_BODY_BYTES} bytes."
                return refusal(413, f"The body of the request is too large. {limit}")
            chunks.append(chunk)
    except web.RequestPayloadError as exc:
        return refusal(400, f"The body of the request cannot be read: {exc}")
    if chunks:
        received.body = _decoded(b"".join(chunks))
    return None


def _decoded(body: bytes) -> Any:
    """The JSON value, or the bytes that are none; null is no body that the API takes."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return body
    return body if value is None else value


def _describe(request: web.BaseRequest) -> web.Response:
    base_url = f"{request.scheme}://{_printable(request.host)}/v1"
    body = msgspec.json.encode(description(base_url))
    return web.Response(body=body, content_type="application/json")


def _printable(text: str) -> str:
    """The text with what is no Unicode in it, and could not be sent back, replaced."""
    return text if text.isascii() else text.encode(errors="replace").decode()


async def _pause(seconds: float) -> None:
    if seconds:
        await asyncio.sleep(seconds)
