"""A service that keeps one tutor, which is an assistant, for each course.

    GET    /tutors                    all tutors
    PUT    /tutors/{course}           create or change the tutor of a course; the body is its
                                      instructions
    DELETE /tutors/{course}           delete it
    POST   /tutors/{course}/answers   ask it; the body is the question, the answer is streamed

`python tutors.py` serves it; PORTKEY_* variables say where the assistants are.
"""

import asyncio
import logging
import math
import os

from aiohttp import web
from aiohttp.typedefs import Handler
from portkey_async import (
    APIError,
    APITimeoutError,
    Assistant,
    AsyncPortkey,
    InvalidRequestError,
    RateLimitError,
    RunStream,
)

PORTKEY = web.AppKey("PORTKEY", AsyncPortkey)
MODEL = web.AppKey("MODEL", str)
WRITING = web.AppKey("WRITING", asyncio.Lock)

routes = web.RouteTableDef()
logger = logging.getLogger(__name__)


def course_of(assistant: Assistant) -> str | None:
    """Give the course that an assistant is the tutor of; None if it is no tutor."""
    return (assistant.metadata or {}).get("course")


async def find(client: AsyncPortkey, course: str) -> Assistant | None:
    """Look for the tutor of a course."""
    async for assistant in client.assistants.list(order="asc", limit=100):
        if course_of(assistant) == course:
            return assistant
    return None


async def create(client: AsyncPortkey, model: str, course: str, instructions: str) -> Assistant:
    """Create the tutor of a course, or find it made although the answer was lost."""
    try:
        return await client.assistants.create(
            model=model,
            name=f"Tutor of {course}",
            instructions=instructions,
            metadata={"course": course},
        )
    except APIError as error:
        if not error.may_have_executed:
            raise
        made = await find(client, course)
        if made is None:
            raise
        return made


@routes.get("/tutors")
async def list_tutors(request: web.Request) -> web.Response:
    """Answer with all tutors."""
    assistants = request.app[PORTKEY].assistants.list(order="asc", limit=100)
    return web.json_response([shown(each) async for each in assistants if course_of(each)])


@routes.put("/tutors/{course}")
async def put_tutor(request: web.Request) -> web.Response:
    """Create or change the tutor of a course. Asked again, it never makes a second one."""
    course, instructions = request.match_info["course"], await request.text()
    client = request.app[PORTKEY]
    async with request.app[WRITING]:
        tutor = await find(client, course)
        if tutor is None:
            tutor = await create(client, request.app[MODEL], course, instructions)
            return web.json_response(shown(tutor), status=201)
        tutor = await client.assistants.update(tutor.id, instructions=instructions)
        return web.json_response(shown(tutor))


@routes.delete("/tutors/{course}")
async def delete_tutor(request: web.Request) -> web.Response:
    """Delete the tutor of a course."""
    tutor = await find(request.app[PORTKEY], request.match_info["course"])
    if tutor is None:
        return no_tutor()
    await request.app[PORTKEY].assistants.delete(tutor.id)
    return web.Response(status=204)


@routes.post("/tutors/{course}/answers")
async def answer(request: web.Request) -> web.StreamResponse:
    """Stream the answer of a tutor to a question. A caller that goes ends the run."""
    client, question = request.app[PORTKEY], await request.text()
    tutor = await find(client, request.match_info["course"])
    if tutor is None:
        return no_tutor()
    async with client.threads.create_and_run_stream(
        assistant_id=tutor.id, thread={"messages": [{"role": "user", "content": question}]}
    ) as stream:
        return await written(request, stream)


async def written(request: web.Request, stream: RunStream) -> web.StreamResponse:
    """Write what a run says as it comes. A run that fails is an answer that is cut."""
    response = web.StreamResponse(headers={"Content-Type": "text/plain; charset=utf-8"})
    await response.prepare(request)
    try:
        async for text in stream.text_deltas:
            await response.write(text.encode())
        (await stream.get_final_run()).raise_for_status()
    except APIError as error:  # too late for another status
        logger.warning("%s", error)
        if request.transport is not None:
            request.transport.abort()
    return response


def no_tutor() -> web.Response:
    """Say that there is none."""
    return web.json_response({"error": "this course has no tutor"}, status=404)


def shown(tutor: Assistant) -> dict[str, str | None]:
    """Give what the callers of this service get to see of a tutor."""
    return {"course": course_of(tutor), "instructions": tutor.instructions}


@web.middleware
async def errors_to_answers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell callers whose fault it was, and whether to come back; the log has the rest."""
    headers: dict[str, str] = {}
    try:
        return await handler(request)
    except InvalidRequestError as error:
        status, reason = 400, str(error)
    except RateLimitError as error:
        status, reason = 503, "too busy"
        headers["Retry-After"] = str(math.ceil(error.retry_after or 1))
        logger.warning("%s", error)
    except APIError as error:
        status = 504 if isinstance(error, APITimeoutError) else 502
        reason = "the assistants cannot be reached"
        logger.warning("%s", error)
    return web.json_response({"error": reason}, status=status, headers=headers)


def make_app(client: AsyncPortkey, model: str = "gpt-4o") -> web.Application:
    """Make the service. It closes *client* when it ends.

    Args:
        client: Where the assistants are; not yet used on another event loop.
        model: What new tutors use.
    """
    app = web.Application(middlewares=[errors_to_answers])
    app[PORTKEY], app[MODEL], app[WRITING] = client, model, asyncio.Lock()
    app.add_routes(routes)
    app.on_cleanup.append(close)
    return app


async def close(app: web.Application) -> None:
    """Close the connections."""
    await app[PORTKEY].close()


if __name__ == "__main__":
    app = make_app(AsyncPortkey(), os.environ.get("PORTKEY_MODEL", "gpt-4o"))
    web.run_app(app, handler_cancellation=True)  # so that an answer ends when its caller goes
