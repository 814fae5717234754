"""The pytest plugin, in projects of other people: each test here runs a suite of its own."""

import subprocess
import sys

import pytest
from support.suites import LIGHT

from portkey_async import AsyncPortkey, testing
from portkey_async.testing import PortkeyServer

pytest_plugins = ["pytester"]

ASYNCIO = ("-p", "no:anyio", "-o", "asyncio_default_fixture_loop_scope=function")
ASYNCIO_AUTO = (*ASYNCIO, "-o", "asyncio_mode=auto")
ASYNCIO_STRICT = (*ASYNCIO, "-o", "asyncio_mode=strict")
ANYIO = ("-p", "no:asyncio")
NEITHER = ("-p", "no:asyncio", "-p", "no:anyio")

# Warnings are errors: a client that is not closed in its own loop would be one.
OPTIONS = ("-q", "-W", "error", "-p", "no:aiohttp", "--strict-markers", *LIGHT)

BODY = """
    async def test_five_lines(portkey_client):
        await portkey_client.assistants.create(model="gpt-4o", name="n")
        assert [a.name async for a in portkey_client.assistants.list()] == ["n"]
"""
OWN_FIXTURE = """
    async def assistant(portkey_client):
        made = await portkey_client.assistants.create(model="gpt-4o")
        yield made
        assert (await portkey_client.assistants.delete(made.id)).deleted

    {mark}
    async def test_with_a_fixture_of_its_own(assistant, portkey_client, portkey_server):
        assert (await portkey_client.assistants.retrieve(assistant.id)) == assistant
        assert len(portkey_server.requests) == 2
"""


def run(pytester: pytest.Pytester, source: str, *options: str) -> pytest.RunResult:
    """Run this source as a suite: in a process of its own, if pytest-asyncio takes part in it."""
    pytester.makepyfile(source)
    if "no:asyncio" in options:
        return pytester.runpytest_inprocess(*OPTIONS, *options)
    return pytester.runpytest_subprocess(*OPTIONS, *options)


@pytest.mark.parametrize(
    ("options", "mark", "fixture"),
    [
        (ASYNCIO_AUTO, "", "pytest.fixture"),
        (ASYNCIO_STRICT, "@pytest.mark.asyncio", "pytest_asyncio.fixture"),
        (ANYIO, "@pytest.mark.anyio", "pytest.fixture"),
    ],
    ids=["auto", "strict", "anyio"],
)
def test_the_client_works_under_every_plugin(
    pytester: pytest.Pytester, options: tuple[str, ...], mark: str, fixture: str
) -> None:
    """In tests, and in asynchronous fixtures up to their last line; it is closed without a word."""
    source = f"""
    import pytest
    {"import pytest_asyncio" if "asyncio" in fixture else ""}

    @pytest.fixture
    def anyio_backend():
        return "asyncio"

    {mark}
    {BODY.strip()}

    @{fixture}
    {OWN_FIXTURE.strip().format(mark=mark)}
    """
    run(pytester, source, *options).assert_outcomes(passed=2)


@pytest.mark.parametrize("options", [ASYNCIO_AUTO, ANYIO, NEITHER], ids=["auto", "anyio", "none"])
def test_synchronous_tests_run_their_own_loop(
    pytester: pytest.Pytester, options: tuple[str, ...]
) -> None:
    """The client is theirs to close, and the server can be called without any loop."""
    source = """
    import asyncio
    import urllib.request

    def test_client(portkey_client, portkey_server):
        async def main():
            async with portkey_client as client:
                await client.assistants.create(model="gpt-4o")
        asyncio.run(main())
        assert len(portkey_server.assistants) == 1

    def test_untouched(portkey_client):
        assert portkey_client

    def test_server(portkey_server):
        url = portkey_server.base_url + "/openapi.json"
        assert urllib.request.urlopen(url).read()
    """
    run(pytester, source, *options).assert_outcomes(passed=3)


def test_a_script_left_over_fails_its_test(pytester: pytest.Pytester) -> None:
    """At the end of the fixture, in one line that shows the script."""
    source = """
    from portkey_async.testing import Say

    def test_it(portkey_server):
        portkey_server.script(Say("4"))
    """
    result = run(pytester, source, *NEITHER)

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*no run has taken the script: Say(text='4'*"])


def test_one_server_for_a_session_serves_every_loop(pytester: pytest.Pytester) -> None:
    """Tests with loops of their own, and a session-scoped fixture that starts it by itself."""
    source = """
    import pytest, pytest_asyncio
    from portkey_async.testing import PortkeyServer

    @pytest_asyncio.fixture(scope="session", loop_scope="session")
    async def own():
        async with PortkeyServer(assistants=3) as server:
            yield server

    @pytest.mark.parametrize("number", range(2))
    async def test_it(number, own, portkey_session_server):
        async with own.client() as client, portkey_session_server.client() as other:
            assert len(await client.assistants.list()) == 3
            await other.assistants.create(model="gpt-4o")
            assert len(await other.assistants.list()) == number + 1
    """
    run(pytester, source, *ASYNCIO_AUTO).assert_outcomes(passed=2)


TWO_TESTS = """
    async def test_one(self, portkey_client):
        await portkey_client.assistants.list()

    async def test_two(self, portkey_client):
        await portkey_client.assistants.list()
"""


@pytest.mark.parametrize("scope", ["class", "module", "package", "session"])
def test_the_client_is_closed_in_the_loop_of_its_test(
    pytester: pytest.Pytester, scope: str
) -> None:
    """Whatever loop a marker tells pytest-asyncio to run the test in."""
    marker = f"@pytest.mark.asyncio(loop_scope='{scope}')"
    source = f"import pytest\n\n{marker}\nclass TestIt:{TWO_TESTS}"

    run(pytester, source, *ASYNCIO_STRICT).assert_outcomes(passed=2)


def test_the_client_is_closed_in_the_loop_of_every_test(pytester: pytest.Pytester) -> None:
    """Whatever loop a setting tells pytest-asyncio to run all tests in."""
    setting = ("-o", "asyncio_default_test_loop_scope=session")

    result = run(pytester, f"class TestIt:{TWO_TESTS}", *ASYNCIO_AUTO, *setting)

    result.assert_outcomes(passed=2)


def test_trio_is_refused_with_a_reason(pytester: pytest.Pytester) -> None:
    """The client runs on asyncio."""
    source = """
    import pytest

    @pytest.fixture
    def anyio_backend():
        return ("trio", {})

    @pytest.mark.anyio
    async def test_it(portkey_client):
        pass
    """
    result = run(pytester, source, *ANYIO)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*portkey_client needs anyio's asyncio backend*"])


def test_the_marker_sets_the_server_up(pytester: pytest.Pytester) -> None:
    """The nearest marker counts for each setting, and every test has a server of its own."""
    source = """
    import pytest
    from portkey_async.testing import Dialect

    pytestmark = pytest.mark.portkey(assistants=3, dialect="no-has-more")

    class TestIt:
        def test_module(self, portkey_server):
            assert len(portkey_server.assistants) == 3
            portkey_server.assistants.clear()

        @pytest.mark.portkey(assistants=5)
        async def test_function(self, portkey_server, portkey_client):
            assert len(portkey_server.assistants) == 5
            assert (await portkey_client.assistants.list()).has_more is None

        @pytest.mark.portkey(dialect=Dialect.HAS_MORE_FALSE, seed=3, latency=0.0, fail_rate=0.0)
        async def test_dialect(self, portkey_server, portkey_client):
            assert len(portkey_server.assistants) == 3
            assert (await portkey_client.assistants.list(limit=1)).has_more is False
    """
    run(pytester, source, *ASYNCIO_AUTO).assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("asistants=3", "unknown argument asistants; allowed are assistants=..., dialect=...,"),
        ("3", "unknown argument 3; allowed are assistants=..., dialect=...,"),
        ("assistants=-1", "assistants must be from 0"),
        ("dialect='x'", "unknown dialect 'x'; allowed are"),
    ],
)
def test_a_wrong_marker_says_what_is_allowed(
    pytester: pytest.Pytester, arguments: str, said: str
) -> None:
    """In one line, without a traceback."""
    source = f"""
    import pytest

    @pytest.mark.portkey({arguments})
    def test_it(portkey_server):
        pass
    """
    result = run(pytester, source, *NEITHER)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"@pytest.mark.portkey: {said.replace('[', '[[]')}*"])
    assert "_plugin.py" not in result.stdout.str()


def test_tests_in_parallel_do_not_clash(pytester: pytest.Pytester) -> None:
    """Under pytest-xdist every test has a port of its own."""
    source = """
    import pytest

    @pytest.mark.parametrize("number", range(8))
    async def test_it(number, portkey_client):
        await portkey_client.assistants.create(model="gpt-4o")
        assert len([a async for a in portkey_client.assistants.list()]) == 1
    """
    run(pytester, source, *ASYNCIO_AUTO, "-n", "2").assert_outcomes(passed=8)


def test_a_suite_that_does_not_use_it_imports_nothing(pytester: pytest.Pytester) -> None:
    """Neither aiohttp nor the client, the kit or what they need."""
    source = """
    import sys

    def test_it():
        loaded = {name.partition(".")[0] for name in sys.modules}
        assert not loaded & {"aiohttp", "attr", "attrs", "cattrs", "msgspec", "tenacity"}
        ours = {name for name in sys.modules if name.startswith("portkey_async")}
        assert ours <= {
            "portkey_async",
            "portkey_async.testing",
            "portkey_async.testing._plugin",
        }
    """
    # Without the plugins of others that import some of these.
    alone = ("-p", "no:hypothesispytest", "-p", "no:schemathesis")
    run(pytester, source, *ASYNCIO_AUTO, *alone).assert_outcomes(passed=1)


def test_the_kit_is_imported_name_by_name() -> None:
    """Its package lists its names, and gives each from its own module; another is an error."""
    program = """
import sys, portkey_async.testing as kit
assert "aiohttp" not in sys.modules
assert dir(kit) == sorted(kit.__all__) == kit.__all__
kit.Dialect
assert "aiohttp" not in sys.modules
for name in kit.__all__:
    assert getattr(kit, name).__name__ == name
try:
    kit.Falt
except AttributeError as error:
    assert str(error) == "module 'portkey_async.testing' has no attribute 'Falt'"
else:
    raise AssertionError
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)  # noqa: S603
    assert dir(testing) == testing.__all__


@pytest.mark.parametrize("time", ["first", "second"])
async def test_the_fixtures_work_here_too(
    portkey_server: PortkeyServer, portkey_client: AsyncPortkey, time: str
) -> None:
    """The client is pointed at the server, with its credential; time after time."""
    assert portkey_server.requests == [], time
    await portkey_client.assistants.create(model="gpt-4o")

    (received,) = portkey_server.requests
    assert received.headers["x-portkey-api-key"] == portkey_server.api_key
