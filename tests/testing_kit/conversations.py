"""A thread with a question, an assistant for it, and its run, by plain HTTP."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import aiohttp
from testing_kit.calls import BEARER, call, create

from portkey_async.testing import PortkeyServer


class Seen(NamedTuple):
    """An event as it came."""

    name: str
    data: Any


class Conversation(NamedTuple):
    """A thread, and an assistant to run on it."""

    server: PortkeyServer
    thread_id: str
    assistant_id: str

    async def run(self, **settings: Any) -> dict[str, Any]:
        """Make a run."""
        body = {"assistant_id": self.assistant_id} | settings
        got = await call(self.server, "POST", f"/threads/{self.thread_id}/runs", body)
        assert got.status == 200, got.payload
        payload: dict[str, Any] = got.payload
        return payload

    async def retrieve(self, run_id: str) -> dict[str, Any]:
        """Look at a run."""
        got = await call(self.server, "GET", f"/threads/{self.thread_id}/runs/{run_id}")
        assert got.status == 200, got.payload
        payload: dict[str, Any] = got.payload
        return payload

    async def poll(self, run_id: str) -> dict[str, Any]:
        """Look at a run until it has ended or requires an action."""
        for _ in range(10):
            run = await self.retrieve(run_id)
            if run["status"] not in {"queued", "in_progress", "cancelling"}:
                return run
        raise AssertionError(run)

    async def stream(self, **settings: Any) -> list[Seen]:
        """Make a run and read its events to the end."""
        body = {"assistant_id": self.assistant_id, "stream": True} | settings
        return await stream(self.server, f"/threads/{self.thread_id}/runs", body)

    async def submit(self, run: Mapping[str, Any], *outputs: str, **more: Any) -> Any:
        """Submit outputs in the order of the calls; what came back, of any kind."""
        return await call(
            self.server,
            "POST",
            f"/threads/{self.thread_id}/runs/{run['id']}/submit_tool_outputs",
            {"tool_outputs": outputs_of(run, *outputs)} | more,
        )

    async def steps(self, run_id: str) -> list[dict[str, Any]]:
        """The steps of a run, oldest first."""
        path = f"/threads/{self.thread_id}/runs/{run_id}/steps?order=asc"
        data: list[dict[str, Any]] = (await call(self.server, "GET", path)).payload["data"]
        return data

    async def said(self) -> list[str]:
        """What all messages say, oldest first."""
        path = f"/threads/{self.thread_id}/messages?order=asc"
        messages = (await call(self.server, "GET", path)).payload["data"]
        return [message["content"][0]["text"]["value"] for message in messages]


def outputs_of(run: Mapping[str, Any], *outputs: str) -> list[dict[str, str]]:
    """Outputs for the calls of a run that requires them."""
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    return [
        {"tool_call_id": each["id"], "output": output}
        for each, output in zip(calls, outputs, strict=True)
    ]


async def begin(server: PortkeyServer, question: str = "What is 2 + 2?") -> Conversation:
    """Make a thread with a question and an assistant with two functions."""
    functions = [{"type": "function", "function": {"name": name}} for name in ("add", "look_up")]
    assistant = await create(server, instructions="Be brief.", tools=functions)
    messages = [{"role": "user", "content": question}]
    thread = (await call(server, "POST", "/threads", {"messages": messages})).payload
    return Conversation(server, thread["id"], assistant["id"])


async def stream(server: PortkeyServer, path: str, body: Any) -> list[Seen]:
    """The events of a stream, read to its end."""
    async with (
        aiohttp.ClientSession(headers=BEARER) as session,
        session.post(server.base_url + path, json=body) as response,
    ):
        assert response.content_type == "text/event-stream", await response.text()
        return parsed(await response.text())


def parsed(text: str) -> list[Seen]:
    """The events of a stream's text."""
    events: list[Seen] = []
    for block in text.split("\n\n")[:-1]:
        name, data = block.split("\n")
        value = data.removeprefix("data: ")
        events.append(
            Seen(name.removeprefix("event: "), value if value == "[DONE]" else json.loads(value))
        )
    return events
