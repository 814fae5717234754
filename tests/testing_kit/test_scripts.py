"""Scripts: which run takes which, and what is no script."""

from collections.abc import Callable
from typing import Any

import pytest
from testing_kit.conversations import begin

from portkey_async.testing import Call, Code, End, Fail, Hang, PortkeyServer, Say


async def test_scripts_are_taken_in_the_order_given(server: PortkeyServer) -> None:
    """By the runs in the order made; then runs echo again."""
    talk = await begin(server, "?")
    server.script(Say("1"))
    server.script(Say("2"), times=2)
    for _ in range(4):
        await talk.poll((await talk.run())["id"])

    assert await talk.said() == ["?", "1", "2", "2", "?"]
    assert server.unused_scripts == []


async def test_a_script_can_be_for_certain_runs(server: PortkeyServer) -> None:
    """Of an assistant, on a thread, or such as a function says; others leave it alone."""
    first, second = [await begin(server, str(n)) for n in range(2)]
    server.script(Say("assistant"), assistant_id=second.assistant_id)
    server.script(Say("thread"), thread_id=second.thread_id)
    server.script(Say("when"), when=lambda run: run["metadata"].get("k"))
    server.script(Say("always"), thread_id=first.thread_id, times=None)

    for talk in (first, second, second, second):
        await talk.poll((await talk.run())["id"])
    await first.poll((await first.run(metadata={"k": "v"}))["id"])

    assert await first.said() == ["0", "always", "when"]
    assert await second.said() == ["1", "assistant", "thread", "1"]
    assert server.unused_scripts == []


async def test_what_is_left_over_can_be_seen(server: PortkeyServer) -> None:
    """A script that no run took, or fewer than it was for; one for all is never left over."""
    talk = await begin(server)
    server.script(Say("twice"), times=2)
    server.script(Hang(), assistant_id="asst_x")
    server.script(Say("any"), times=None)
    await talk.run()

    assert [script.acts for script in server.unused_scripts] == [(Say("twice"),), (Hang(),)]


async def test_a_function_that_fails_is_the_tests_error(server: PortkeyServer) -> None:
    """The run is not made."""
    talk = await begin(server)
    server.script(Say("x"), when=lambda run: run["nothing"])

    with pytest.raises(AssertionError, match="KeyError"):
        await talk.run()
    assert not server.runs


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda s: s.script(), ValueError, "a script needs an act"),
        (lambda s: s.script("4"), TypeError, "made of Say, Call, a list of Calls, .* got '4'"),
        (lambda s: s.script([]), TypeError, r"got \[\]"),
        (lambda s: s.script([Call("f"), Say("x")]), TypeError, "a script is made of"),
        (lambda s: s.script(Hang(), Say("x")), ValueError, r"nothing can come after Hang\(\)"),
        (lambda s: s.script(Say("x"), times=0), ValueError, "times must be an integer from 1"),
        (lambda s: s.script(Say("x"), times=True), ValueError, "times must be an integer from 1"),
        (lambda s: s.script(Say("x"), assistant_id=1), TypeError, "assistant_id must be a str"),
        (lambda s: s.script(Say("x"), thread_id=1), TypeError, "thread_id must be a str"),
        (lambda s: s.script(Say("x"), when=1), TypeError, "when must be a function"),
        (lambda _: Say(4), TypeError, "Say: text must be a str; got 4"),
        (lambda _: Say("\ud800"), ValueError, "Say: text cannot be encoded"),
        (lambda _: Say("x", annotations={"type": "x"}), TypeError, "annotations must be a list"),
        (lambda _: Say("x", annotations=["x"]), TypeError, "annotations must be a list"),
        (lambda _: Say("x", annotations=4), TypeError, "annotations must be a list"),
        (lambda _: Say("x", annotations=[{"a": object()}]), TypeError, "annotations must be"),
        (lambda _: Call("a b"), ValueError, "Call: name must be 1 to 64 letters"),
        (lambda _: Call(4), ValueError, "Call: name must be"),
        (lambda _: Call("f", a=object()), TypeError, "Call: the arguments must be JSON values"),
        (lambda _: Call("f").raw(4), TypeError, "RawCall: arguments must be a str; got 4"),
        (lambda _: Code(4), TypeError, "Code: input must be a str"),
        (lambda _: Fail(4), TypeError, "Fail: code must be a str"),
        (lambda _: Fail("server_error", 4), TypeError, "Fail: message must be a str"),
        (lambda _: End("completed"), ValueError, "End: status must be one of"),
        (lambda s: s.advance(-1), ValueError, "seconds must be from 0"),
        (lambda s: s.advance("1"), TypeError, "seconds must be a number"),
    ],
)
def test_what_is_no_script_is_refused_at_once(
    make: Callable[[Any], object], error: type[Exception], said: str
) -> None:
    """The message names what was given and what is allowed."""
    with pytest.raises(error, match=said):
        make(PortkeyServer())


def test_an_argument_may_be_called_name() -> None:
    """The function's own name is positional."""
    call = Call("greet", name="Ada", self=1)

    assert (call.name, call.arguments) == ("greet", '{"name":"Ada","self":1}')
