"""One request from its bytes to its answer's bytes, faults included."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from aiohttp.web import BaseRequest, RequestPayloadError, Response, StreamResponse
from attrs import define, field

from ._api import Api
from ._delivery import Reply, send, send_reset
from ._fault_queue import FaultQueue, random_fault
from ._faults import Fault
from ._messages import Answer, Received, refusal
from ._openapi import description

MAX_BODY_BYTES: Final = 32 * 1024 * 1024
_DESCRIPTION_PATHS: Final = ("/openapi.json", "/v1/openapi.json")


@define
class Handler:
    """Answers requests by the API, with the faults that are due.

    Args:
        api: Decides the proper answers.
        faults: The faults injected.
        requests: Grows by every request.
        latency: Seconds before it acts on a request.
        fail_rate: Share of the requests that meet a random fault, 0 to 1.
        random: Decides which.
        on_answer: Called with every request that has been answered.
    """

    api: Api
    faults: FaultQueue
    requests: list[Received]
    latency: float
    fail_rate: float
    random: Random
    on_answer: Callable[[Received], None]
    _answered: int = field(default=0, init=False)

    async def handle(self, request: BaseRequest) -> StreamResponse:
        """Answer *request*; a caller that has gone is no error."""
        path, _, query = _printable(request.raw_path).partition("?")
        if path in _DESCRIPTION_PATHS:
            return _describe(request)
        received = Received(
            method=request.method,
            path=path,
            query=dict(parse_qsl(query, keep_blank_values=True)),
            headers=request.headers,
        )
        self.requests.append(received)
        fault = self.faults.take(received.method, received.path) or self._misfortune()
        try:
            return await self._exchange(request, received, fault)
        except ConnectionError:
            # Whatever is returned now, nobody gets it.
            return Response(status=500)
        finally:
            self.on_answer(received)

    def _misfortune(self) -> Fault | None:
        unlucky = self.fail_rate and self.random.random() < self.fail_rate
        return random_fault(self.random) if unlucky else None

    async def _exchange(
        self, request: BaseRequest, received: Received, fault: Fault | None
    ) -> StreamResponse:
        refused = await _read(request, received)
        await _pause(self.latency)
        if fault is None:
            reply = self._encode(self._act(received, refused))
            received.status = reply.status
            return await send(request, reply)
        if not fault.after_effect:
            await _pause(fault.seconds)
        proper = self._act(received, refused, effective=fault.completes or fault.after_effect)
        if fault.after_effect:
            await _pause(fault.seconds)
        reply = self._encode(proper, fault)
        received.status = None if fault.deliver is send_reset else reply.status
        return await fault.deliver(request, reply)

    def _act(self, received: Received, refused: Answer | None, *, effective: bool = True) -> Answer:
        """The proper answer; unless *effective* is false, what it says has then happened."""
        answer = refused or self.api.respond(received)
        received.answer = answer.payload
        if effective and answer.commit is not None:
            answer.commit()
            received.acted = True
        return answer

    def _encode(self, answer: Answer, fault: Fault | None = None) -> Reply:
        """The answer in bytes; an error of a payload's editor, or no JSON from it, becomes 500."""
        self._answered += 1
        try:
            if fault is not None:
                answer = fault.change(answer)
            body = msgspec.json.encode(answer.payload)
        except Exception as exc:  # noqa: BLE001  # a test's own function may raise anything
            message = f"The payload cannot be sent: {exc!r}"
            answer = refusal(500, message, kind="server_error")
            body = msgspec.json.encode(answer.payload)
        headers = {
            "Content-Type": "application/json",
            "x-request-id": f"req_{self._answered:032x}",
            **answer.headers,
        }
        return Reply(answer.status, headers, body)


async def _read(request: BaseRequest, received: Received) -> Answer | None:
    """Read the body into *received*; a refusal of one that is too large or cannot be read."""
    size = 0
    chunks: list[bytes] = []
    try:
        while chunk := await request.content.readany():
            size += len(chunk)
            if size > MAX_BODY_BYTES:
                limit = f"Maximum size is {MAX_BODY_BYTES} bytes."
                return refusal(413, f"The body of the request is too large. {limit}")
            chunks.append(chunk)
    except RequestPayloadError as exc:
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


def _describe(request: BaseRequest) -> Response:
    base_url = f"{request.scheme}://{request.host}/v1"
    body = msgspec.json.encode(description(base_url))
    return Response(body=body, content_type="application/json")


def _printable(text: str) -> str:
    """The text with what is no Unicode in it, and could not be sent back, replaced."""
    return text if text.isascii() else text.encode(errors="replace").decode()


async def _pause(seconds: float) -> None:
    if seconds:
        await asyncio.sleep(seconds)
