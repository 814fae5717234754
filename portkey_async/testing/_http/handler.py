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
        if fault is None:
            reply = self._encode(self._act(received, refused))
            received.status = reply.status
            return await send(request, reply, None)
        pause = fault.seconds if fault.name == "delay" else 0
        if not fault.after_effect:
            await _pause(pause)
        proper = self._act(received, refused, effective=fault.completes or fault.after_effect)
        if fault.after_effect:
            await _pause(pause)
        reply = self._encode(proper, fault)
        received.status = None if fault.name == "reset" else reply.status
        return await send(request, reply, fault)

    def _act(
        self, received: Received, refused: Response | None, *, effective: bool = True
    ) -> Response:
        """The proper response; unless *effective* is false, what it says has then happened."""
        response = refused or respond(self.state, received)
        received.answer = response.payload
        if effective and response.commit is not None:
            response.commit()
            received.acted = True
        return response

    def _encode(self, response: Response, fault: Fault | None = None) -> Reply:
        """The response in bytes; an error of a payload's editor, or no JSON from it, is a 500."""
        self._responses += 1
        try:
            if fault is not None and fault.response is not None:
                response = fault.response
            payload = response.payload if fault is None else fault.edit(response.payload)
            body = msgspec.json.encode(payload)
        except Exception as exc:  # noqa: BLE001  # a test's own function may raise anything
            message = f"The payload cannot be sent: {exc!r}"
            response = refusal(500, message, kind="server_error")
            body = msgspec.json.encode(response.payload)
        headers = {
            "Content-Type": "application/json",
            "x-request-id": f"req_{self._responses:032x}",
            **response.headers,
        }
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
    """The JSON value, or the bytes that are none."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return body


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
