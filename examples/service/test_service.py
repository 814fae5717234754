"""The second size: the whole service, its assistants on a server that the fixtures start."""

import asyncio

import pytest
from aiohttp import ClientPayloadError
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request
from portkey_async import AsyncPortkey, ClientClosedError
from portkey_async.testing import Fail, Fault, Hang, PortkeyServer, Say

from tutors import make_app

Service = TestClient[Request, Application]


def names(server: PortkeyServer) -> list[str]:
    """The names of the assistants on the server."""
    return [assistant["name"] for assistant in server.assistants.values()]


async def test_a_tutor_is_made_with_what_it_needs(
    service: Service, portkey_server: PortkeyServer
) -> None:
    """The service answers with what callers may see; the assistant has the rest."""
    answer = await service.put("/tutors/algebra", data="Explain every step.")

    assert answer.status == 201
    assert await answer.json() == {"course": "algebra", "instructions": "Explain every step."}
    (assistant,) = portkey_server.assistants.values()
    assert assistant["model"] == "gpt-4o"
    assert assistant["name"] == "Tutor of algebra"


async def test_a_second_put_changes_the_first_tutor(
    service: Service, portkey_server: PortkeyServer
) -> None:
    """There is one tutor for a course; only its instructions are sent."""
    await service.put("/tutors/algebra", data="Be brief.")
    answer = await service.put("/tutors/algebra", data="Explain every step.")

    assert answer.status == 200
    assert (await answer.json())["instructions"] == "Explain every step."
    assert names(portkey_server) == ["Tutor of algebra"]
    assert portkey_server.requests[-1].body == {"instructions": "Explain every step."}


async def test_puts_at_the_same_time_make_one_tutor(
    service: Service, portkey_server: PortkeyServer
) -> None:
    """However many callers ask at once."""
    puts = (service.put("/tutors/algebra", data=f"Version {n}.") for n in range(5))
    answers = await asyncio.gather(*puts)

    assert sorted(answer.status for answer in answers) == [200, 200, 200, 200, 201]
    assert names(portkey_server) == ["Tutor of algebra"]


@pytest.mark.portkey(assistants=250)
async def test_the_list_shows_tutors_only(service: Service) -> None:
    """Other assistants of the organization are not shown, however many there are."""
    await service.put("/tutors/algebra", data="Be brief.")
    await service.put("/tutors/biology", data="Be vivid.")

    answer = await service.get("/tutors")

    assert [tutor["course"] for tutor in await answer.json()] == ["algebra", "biology"]


async def test_a_tutor_is_deleted(service: Service, portkey_server: PortkeyServer) -> None:
    """Once; after that there is none."""
    await service.put("/tutors/algebra", data="Be brief.")

    assert (await service.delete("/tutors/algebra")).status == 204
    assert (await service.delete("/tutors/algebra")).status == 404
    assert len(portkey_server.assistants) == 0


async def test_a_lost_answer_makes_no_second_tutor(
    service: Service, portkey_server: PortkeyServer
) -> None:
    """The tutor is made and the connection breaks: the service finds it instead of failing."""
    portkey_server.inject(Fault.reset(method="POST", after_effect=True))

    answer = await service.put("/tutors/algebra", data="Be brief.")

    assert answer.status == 201
    assert names(portkey_server) == ["Tutor of algebra"]


async def test_a_create_that_did_not_happen_is_an_error(
    service: Service, portkey_server: PortkeyServer
) -> None:
    """Nothing was made, and the next try is a fresh one."""
    portkey_server.inject(Fault.reset(method="POST"))

    assert (await service.put("/tutors/algebra", data="Be brief.")).status == 502
    assert (await service.put("/tutors/algebra", data="Be brief.")).status == 201
    assert names(portkey_server) == ["Tutor of algebra"]


async def test_a_bad_moment_of_the_server_is_not_noticed(
    service: Service, portkey_server: PortkeyServer
) -> None:
    """The client repeats what can be repeated."""
    portkey_server.inject(Fault.status(503))

    assert (await service.get("/tutors")).status == 200
    assert [request.status for request in portkey_server.requests] == [503, 200]


async def test_callers_are_told_when_to_come_back(
    service: Service, portkey_server: PortkeyServer
) -> None:
    """A server that wants a long pause makes the service say so, at once."""
    portkey_server.inject(Fault.status(429, retry_after=119.5))

    answer = await service.get("/tutors")

    assert answer.status == 503
    assert answer.headers["Retry-After"] == "120"


async def test_a_slow_server_is_a_504(
    portkey_server: PortkeyServer, portkey_client: AsyncPortkey
) -> None:
    """The service gives up before its callers do."""
    portkey_server.inject(Fault.delay(30))
    app = make_app(portkey_client.with_options(timeout=0.1))
    async with TestClient(TestServer(app)) as service:
        assert (await service.get("/tutors")).status == 504


async def test_an_answer_is_streamed(service: Service, portkey_server: PortkeyServer) -> None:
    """The caller has the beginning before there is an end."""
    await service.put("/tutors/algebra", data="Be brief.")
    portkey_server.script(Say("It is 4, as 2 and 2 are."))
    portkey_server.inject(Fault.stall_stream(9, 1))  # after the first piece of text

    answer = await service.post("/tutors/algebra/answers", data="What is 2 + 2?")
    beginning = await answer.content.readany()
    rest = await answer.read()

    assert (answer.status, answer.content_type) == (200, "text/plain")
    assert beginning
    assert rest
    assert beginning + rest == b"It is 4, as 2 and 2 are."
    (message, _) = portkey_server.messages.values()
    assert message["content"][0]["text"]["value"] == "What is 2 + 2?"


async def test_a_stream_that_breaks_is_not_noticed(
    service: Service, portkey_server: PortkeyServer
) -> None:
    """The client completes the answer by itself."""
    await service.put("/tutors/algebra", data="Be brief.")
    portkey_server.inject(Fault.cut_stream(8))

    answer = await service.post("/tutors/algebra/answers", data="What is 2 + 2?")

    assert await answer.text() == "What is 2 + 2?"


async def test_an_answer_that_cannot_begin_has_a_status(
    service: Service, portkey_server: PortkeyServer
) -> None:
    """An error of the server, and a course without a tutor."""
    assert (await service.post("/tutors/algebra/answers", data="2 + 2?")).status == 404
    await service.put("/tutors/algebra", data="Be brief.")
    portkey_server.inject(Fault.status(500, path="/threads/runs"))

    assert (await service.post("/tutors/algebra/answers", data="2 + 2?")).status == 502


async def test_a_run_that_fails_cuts_the_answer(
    service: Service, portkey_server: PortkeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Half an answer is not taken for a whole one; the log says why."""
    await service.put("/tutors/algebra", data="Be brief.")
    portkey_server.script(Say("It is"), Fail("server_error", "Out of order."))

    answer = await service.post("/tutors/algebra/answers", data="What is 2 + 2?")
    with pytest.raises(ClientPayloadError):
        await answer.read()

    assert "Out of order." in caplog.text


async def test_a_caller_that_goes_ends_the_run(
    portkey_server: PortkeyServer, portkey_client: AsyncPortkey
) -> None:
    """Nothing runs on for nobody."""
    portkey_server.script(Say("It is"), Hang())
    server = TestServer(make_app(portkey_client), handler_cancellation=True)
    async with TestClient(server) as service:
        await service.put("/tutors/algebra", data="Be brief.")
        answer = await service.post("/tutors/algebra/answers", data="What is 2 + 2?")
        assert await answer.content.readany()
        answer.close()

        async with asyncio.timeout(10):
            while not any(  # noqa: ASYNC110  # nothing tells of it
                one.path.endswith("/cancel") for one in portkey_server.requests
            ):
                await asyncio.sleep(0.01)


async def test_what_is_too_long_is_the_callers_fault(
    service: Service, portkey_server: PortkeyServer
) -> None:
    """The answer says what is allowed; the server is not asked to make anything."""
    answer = await service.put(f"/tutors/{'x' * 250}", data="Be brief.")

    assert answer.status == 400
    assert "at most 256" in (await answer.json())["error"]
    assert [request.method for request in portkey_server.requests] == ["GET"]


async def test_the_service_closes_its_client(portkey_server: PortkeyServer) -> None:
    """With the service, its connections end."""
    client = portkey_server.client()
    async with TestClient(TestServer(make_app(client))) as service:
        await service.get("/tutors")

    with pytest.raises(ClientClosedError):
        await client.assistants.list()
