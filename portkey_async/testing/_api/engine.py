"""Makes runs go on: when they are looked at, when they are streamed, when their time is over."""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import chain
from random import Random
from threading import RLock
from typing import Final

from attrs import define, field

from portkey_async.testing._exchange import Event
from portkey_async.testing._scripts.queue import ScriptQueue
from portkey_async.testing._store import Payload, Stores

from .clock import Clock
from .performance import Performance
from .run_payloads import ACTIVE

_LAST: Final = {
    f"thread.run.{status}"
    for status in ("requires_action", "completed", "incomplete", "failed", "cancelled", "expired")
}
_DONE: Final = Event("done", "[DONE]")


class RunStream:
    """The events of a run from some moment on, until it ends or requires an action."""

    def __init__(self, engine: "Engine", thread_id: str) -> None:
        self._engine = engine
        self._thread_id = thread_id
        self._events: deque[Event] = deque()
        self._complete = False
        self._notify: Callable[[], object] | None = None

    @property
    def ended(self) -> bool:
        """Whether the last event has been given."""
        return self._complete and not self._events

    def next(self) -> Event | None:
        """The next event; None where there is none yet, or no more."""
        with self._engine.lock:
            if not self._events:
                self._engine.step(self._thread_id)
            return self._events.popleft() if self._events else None

    def notify(self, function: Callable[[], object] | None) -> None:
        """Have *function* called, in any thread, when there may be an event again."""
        self._notify = function

    def leave(self) -> None:
        """Give no more events; the run goes on without."""
        with self._engine.lock:
            self._engine.drop(self._thread_id, self)
            self._engine.settle(self._thread_id)

    def receive(self, event: Event) -> None:
        """Take an event in; the last one is followed by `done`."""
        self._events.append(event)
        if event.name in _LAST:
            self.finish()
        else:
            self.wake()

    def wake(self) -> None:
        """Tell whoever waits for an event to ask again."""
        if self._notify is not None:
            self._notify()

    def finish(self) -> None:
        """End with `done`."""
        self._events.append(_DONE)
        self._complete = True
        self.wake()


@define
class _Life:
    """A run that goes on."""

    performance: Performance
    acts: Iterator[Event | None]
    streams: list[RunStream] = field(factory=list[RunStream])

    @property
    def status(self) -> str:
        status: str = self.performance.run["status"]
        return status


@define
class Engine:
    """The runs that go on, at most one a thread.

    Nothing happens by itself: a run takes a step when its stream is read, and goes on to its next
    status when it is looked at.

    Args:
        stores: The objects held, which runs change.
        clock: When runs expire.
        random: Source of new ids.
        scripts: What runs do.
        lock: Held while anything is read or changed.
    """

    stores: Stores
    clock: Clock
    random: Random
    scripts: ScriptQueue = field(factory=ScriptQueue)
    lock: RLock = field(factory=RLock)
    _lives: dict[str, _Life] = field(factory=dict[str, _Life], init=False)

    def begin(
        self, run: Payload, *, first: Event | None = None, stream: RunStream | None = None
    ) -> None:
        """Let a run begin that has been made; *first* is an event that comes before its own."""
        script = self.scripts.take(run)
        self.stores.runs[run["id"]] = run
        performance = Performance(self.stores, self.clock, self.random, run)
        acts = performance.play(None if script is None else script.acts)
        life = _Life(performance, acts if first is None else chain([first], acts))
        self._lives[run["thread_id"]] = life
        if stream is not None:
            life.streams.append(stream)

    def active(self, thread_id: str) -> Payload | None:
        """The run that goes on in a thread."""
        life = self._live(thread_id)
        return None if life is None else life.performance.run

    def look(self, thread_id: str) -> None:
        """Let a thread's run go on to its next status, or until it waits."""
        life = self._live(thread_id)
        if life is not None:
            before = life.status
            while life.status == before and self._advance(thread_id, life):
                pass

    def step(self, thread_id: str) -> bool:
        """Let a thread's run go on by one event; False if there is none."""
        life = self._live(thread_id)
        return life is not None and self._advance(thread_id, life)

    def settle(self, thread_id: str) -> None:
        """Let a thread's run go on until it waits or ends; one that is cancelled ends."""
        with self.lock:
            while self.step(thread_id):
                pass
            life = self._lives.get(thread_id)
            if life is not None and life.status == "cancelling":
                while self.step(thread_id):
                    pass

    def cancel(self, run: Payload) -> None:
        """Have a run cancelled."""
        life = self._life_of(run)
        life.performance.change(status="cancelling", required_action=None)
        life.acts = life.performance.cancel()
        self._wake(life)

    def submit(
        self, run: Payload, outputs: dict[str, str], stream: RunStream | None = None
    ) -> None:
        """Let a run go on with the outputs of its calls."""
        life = self._life_of(run)
        life.performance.outputs = outputs
        life.performance.change(status="queued", required_action=None)
        if stream is not None:
            life.streams.append(stream)

    def advance(self, seconds: float) -> None:
        """Move the clock forward; the runs whose time is over expire."""
        with self.lock:
            self.clock.ahead += seconds
            for thread_id in list(self._lives):
                self._live(thread_id)

    def forget(self, thread_id: str) -> None:
        """Let go of a thread's run."""
        life = self._lives.pop(thread_id, None)
        for stream in life.streams if life is not None else ():
            stream.finish()

    def drop(self, thread_id: str, stream: RunStream) -> None:
        """Give a stream no more events."""
        life = self._lives.get(thread_id)
        if life is not None and stream in life.streams:
            life.streams.remove(stream)

    def _life_of(self, run: Payload) -> _Life:
        """The life of an active run; that of one which a test has put in begins here."""
        thread_id = run["thread_id"]
        life = self._lives.get(thread_id)
        if life is None or life.performance.run["id"] != run["id"]:
            self.forget(thread_id)
            performance = Performance(self.stores, self.clock, self.random, run)
            life = self._lives[thread_id] = _Life(performance, performance.go_on(None))
        return life

    def _live(self, thread_id: str) -> _Life | None:
        """The life of a thread's run, unless its time is over."""
        life = self._lives.get(thread_id)
        if life is None:
            return None
        run = life.performance.run = self.stores.runs.get(
            life.performance.run["id"], life.performance.run
        )
        if run["id"] not in self.stores.runs or run["status"] not in ACTIVE:
            # A test has taken it out, or ended it.
            self.forget(thread_id)
            return None
        expires_at = run["expires_at"]
        if isinstance(expires_at, int) and self.clock.now() >= expires_at:
            life.acts = life.performance.end("expired")
            while self._advance(thread_id, life):
                pass
            return None
        return life

    def _advance(self, thread_id: str, life: _Life) -> bool:
        event = next(life.acts, None)
        if event is None:
            return False
        for stream in life.streams:
            stream.receive(event)
        if event.name in _LAST:
            life.streams.clear()
            if life.status not in ACTIVE:
                del self._lives[thread_id]
        return True

    def _wake(self, life: _Life) -> None:
        for stream in life.streams:
            stream.wake()
