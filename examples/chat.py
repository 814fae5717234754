"""Chat with an assistant that calls functions; its answers are streamed.

`python examples/chat.py` plays a conversation against an embedded server, which answers in place of
a model. If PORTKEY_API_KEY or PORTKEY_BASE_URL is set, a model behind the gateway that they name
does; PORTKEY_PROVIDER_VIRTUAL_KEY says which. With `--talk`, in a terminal of a Unix, you ask:
Ctrl-D ends it, and Ctrl-C ends an answer too.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from portkey_async import (
    AsyncPortkey,
    Functions,
    FunctionToolCall,
    MessageDeltaEvent,
    RequiredAction,
    Run,
    RunEvent,
    function_tools,
)
from portkey_async.testing import Call, PortkeyServer, Say

CONVERSATION = [
    "What is the weather like in Basel?",
    "And in Paris? When does the next train go there?",
    "What about Atlantis?",
]


async def get_weather(city: str) -> dict[str, str | int]:
    """Look up the weather.

    Args:
        city: Name of the city.
    """
    degrees = {"Basel": 18, "Paris": 21}
    if city not in degrees:
        raise LookupError(city)
    return {"city": city, "degrees": degrees[city], "unit": "C"}


def next_train(origin: str, destination: str) -> str:
    """Look up the next train.

    Args:
        origin: Where it starts.
        destination: Where it goes.
    """
    return f"14:34 from {origin} to {destination}, platform 7"


FUNCTIONS: Functions = [get_weather, next_train]


def rehearse(server: PortkeyServer) -> None:
    """Have an embedded server answer the conversation as a model would."""
    server.script(Call("get_weather", city="Basel"), Say("It is 18 °C in Basel, and mild."))
    server.script(
        [
            Call("get_weather", city="Paris"),
            Call("next_train", origin="Basel", destination="Paris"),
        ],
        Say("It is 21 °C in Paris. The next train leaves at 14:34 from platform 7."),
    )
    server.script(
        Call("get_weather", city="Atlantis"), Say("I could not find the weather of Atlantis.")
    )


@asynccontextmanager
async def connect(*, talk: bool) -> AsyncGenerator[AsyncPortkey]:
    """Open a client for what the environment names, or for an embedded server."""
    if os.environ.get("PORTKEY_API_KEY") or os.environ.get("PORTKEY_BASE_URL"):
        async with AsyncPortkey() as client:
            yield client
    else:
        async with PortkeyServer() as server, server.client() as client:
            if talk:
                print("There is no model: an embedded server repeats what you say.")
            else:
                rehearse(server)
            yield client


async def played() -> AsyncIterator[str]:
    """Give the questions of the conversation."""
    for question in CONVERSATION:
        print(f"> {question}")
        yield question


async def typed() -> AsyncIterator[str]:
    """Give the questions that are typed in."""
    loop = asyncio.get_running_loop()
    while True:
        print("> ", end="", flush=True)
        ready = asyncio.Event()
        loop.add_reader(sys.stdin, ready.set)  # `input` in a thread could not be interrupted
        try:
            await ready.wait()
        finally:
            loop.remove_reader(sys.stdin)
        line = sys.stdin.readline()
        if not line:
            return
        if line.strip():
            yield line.strip()


async def answer(client: AsyncPortkey, thread_id: str, assistant_id: str) -> Run:
    """Run the assistant, and show what it does and says as it comes."""
    async with client.threads.runs.stream(
        thread_id, assistant_id=assistant_id, functions=FUNCTIONS, on_function_error="report"
    ) as stream:
        async for event in stream:
            match event:
                case MessageDeltaEvent():
                    print(event.data.text, end="", flush=True)
                case RunEvent(data=Run(required_action=RequiredAction() as action)):
                    for call in action.submit_tool_outputs.tool_calls:
                        if isinstance(call, FunctionToolCall):
                            print(f"  ({call.function.name} {call.function.arguments})")
                case _:
                    pass
        print()
        return await stream.get_final_run()


async def chat(client: AsyncPortkey, questions: AsyncIterator[str]) -> None:
    """Ask an assistant one question after the other, on one thread; delete both in the end."""
    assistant = await client.assistants.create(
        model=os.environ.get("PORTKEY_MODEL", "gpt-4o"),
        name="Travel guide",
        instructions="Answer in one or two sentences.",
        tools=function_tools(FUNCTIONS),
    )
    thread = await client.threads.create()
    try:
        async for question in questions:
            await client.threads.messages.create(thread.id, role="user", content=question)
            run = await answer(client, thread.id, assistant.id)
            if run.status != "completed":
                print(f"  (the run is {run.status})")
    finally:
        await client.threads.delete(thread.id)
        await client.assistants.delete(assistant.id)


async def main(*, talk: bool) -> None:
    """Chat."""
    async with connect(talk=talk) as client:
        await chat(client, typed() if talk else played())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Chat with an assistant that calls functions.")
    parser.add_argument("--talk", action="store_true", help="ask yourself, in a terminal")
    asked = parser.parse_args()
    if asked.talk and not sys.stdin.isatty():
        parser.error("--talk needs a terminal")
    try:
        asyncio.run(main(talk=asked.talk))
    except KeyboardInterrupt:
        sys.exit(130)
