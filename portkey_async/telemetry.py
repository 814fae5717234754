"""Spans by OpenTelemetry's conventions for generative AI. Needs the extra `otel`.

    from portkey_async.telemetry import instrument

    instrument(client)

There is a span `create_agent` for `assistants.create`; `invoke_agent` for a run that is waited for,
polled or streamed, with all its rounds; and below it `execute_tool` for each function. No span has
content: no instructions, messages, arguments, outputs, and no text of an error. None has a
credential, and none is current while the caller's own code runs, but for the functions of a run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import attrs

from ._client import AsyncPortkey
from ._models.assistants import Assistant
from ._models.runs import FunctionToolCall, Run
from ._options.options import Options
from ._transport.call import Pool
from ._transport.observer import UNOBSERVED
from ._version import __version__

try:
    from opentelemetry import trace
    from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, TracerProvider
except ImportError as _missing:
    raise ImportError(
        "portkey_async.telemetry needs opentelemetry-api; install portkey-async[otel]"
    ) from _missing

__all__ = ["instrument", "uninstrument"]


def instrument(
    client: AsyncPortkey, *, tracer_provider: TracerProvider | None = None
) -> AsyncPortkey:
    """Have a client make spans; all that share its connections do, by `with_options`.

    Called again, it changes the provider and nothing else.

    Args:
        client: The client.
        tracer_provider: Where the spans go. Default OpenTelemetry's global one, also one that is
            set later.

    Returns:
        The same client.

    Raises:
        TypeError: *client* is no `AsyncPortkey`.
    """
    tracer = trace.get_tracer("portkey_async", __version__, tracer_provider)
    _pool(client).observer = _Observer(tracer)
    return client


def uninstrument(client: AsyncPortkey) -> AsyncPortkey:
    """Have a client, and all that share its connections, make no more spans.

    Args:
        client: The client, whether it was instrumented or not.

    Returns:
        The same client.

    Raises:
        TypeError: *client* is no `AsyncPortkey`.
    """
    _pool(client).observer = UNOBSERVED
    return client


def _pool(client: AsyncPortkey) -> Pool:
    if not isinstance(client, AsyncPortkey):  # pyright: ignore[reportUnnecessaryIsInstance]  # untyped callers
        raise TypeError(f"client is a {type(client).__name__}; it must be an AsyncPortkey")
    return client._pool  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # the one hook


@attrs.frozen
class _Observer:
    """Makes spans of what a client does."""

    tracer: Tracer

    @contextmanager
    def creating(self, options: Options, body: bytes) -> Generator[Callable[[Assistant], None]]:
        """Make the span of an assistant that is created."""
        asked = json.loads(body)
        name, model = asked.get("name"), asked.get("model")
        about = {"gen_ai.agent.name": name, "gen_ai.request.model": model}
        span = self._start("create_agent", name, SpanKind.CLIENT, options, about)

        def tell(assistant: Assistant) -> None:
            _set(span, options, {"gen_ai.agent.id": assistant.id})

        with _current(span), _ending(span):
            yield tell

    def following(
        self, options: Options, body: bytes | None, thread_id: str | None, run_id: str | None
    ) -> _RunObserver:
        """Start the span of a run."""
        asked = json.loads(body or b"{}")
        about = {
            "gen_ai.agent.id": asked.get("assistant_id"),
            "gen_ai.request.model": asked.get("model"),
            "gen_ai.conversation.id": thread_id,
            "gen_ai.response.id": run_id,
        }
        span = self._start("invoke_agent", None, SpanKind.CLIENT, options, about)
        return _RunObserver(self, options, span)

    def calling(self, options: Options, call: FunctionToolCall) -> Span:
        """Start the span of a function."""
        about = {
            "gen_ai.tool.name": call.function.name,
            "gen_ai.tool.call.id": call.id,
            "gen_ai.tool.type": "function",
        }
        name = call.function.name
        return self._start("execute_tool", name, SpanKind.INTERNAL, options, about)

    def _start(
        self,
        operation: str,
        name: object,
        kind: SpanKind,
        options: Options,
        about: Mapping[str, object],
    ) -> Span:
        """Start a span, with what samplers may want to know."""
        title = f"{operation} {name}" if isinstance(name, str) and name else operation
        common = {"gen_ai.operation.name": operation, "gen_ai.provider.name": _provider(options)}
        attributes = _known(options, {**common, **_server(options), **about})
        return self.tracer.start_span(options.redact(title), kind=kind, attributes=attributes)


@attrs.define(eq=False)
class _RunObserver:
    """Makes the spans of a run.

    Attributes:
        observer: What makes them.
        options: The client's options.
        span: The span of the run.
        ended: Whether the span has ended.
    """

    observer: _Observer
    options: Options
    span: Span
    ended: bool = False

    def working(self) -> AbstractContextManager[Span]:
        """Make the span current for a block."""
        return _current(self.span)

    @contextmanager
    def calling(self, call: FunctionToolCall) -> Generator[None]:
        """Make the span of a function; it is current while the function runs."""
        span = self.observer.calling(self.options, call)
        with _current(span), _ending(span):
            yield

    def end(self, run: Run | None, error: BaseException | None) -> None:
        """End the span of the run."""
        if self.ended:
            return
        self.ended = True
        if run is not None:
            _set(self.span, self.options, _facts(run))
        if error is not None:
            _fail(self.span, type(error).__qualname__)
        elif run is not None and run.status in _NOT_COMPLETED:
            code = run.last_error.code if run.last_error else run.status
            _fail(self.span, self.options.redact(code))
        self.span.end()


#: The statuses for which `Run.raise_for_status` raises.
_NOT_COMPLETED: Final = frozenset({"failed", "incomplete", "cancelled", "expired"})


def _facts(run: Run) -> dict[str, object]:
    usage = run.usage
    return {
        "gen_ai.agent.id": run.assistant_id,
        "gen_ai.request.model": run.model,
        "gen_ai.conversation.id": run.thread_id,
        "gen_ai.response.id": run.id,
        # The conventions have no name for it; this one is that of Azure's SDK.
        "gen_ai.thread.run.status": run.status,
        "gen_ai.usage.input_tokens": usage and usage.prompt_tokens,
        "gen_ai.usage.output_tokens": usage and usage.completion_tokens,
    }


def _provider(options: Options) -> str:
    """Name the provider as the conventions do, as far as the client was told."""
    names = ("x-portkey-provider", "x-portkey-config", "x-portkey-custom-host")
    told = " ".join([options.base_url, *(options.headers.get(name, "") for name in names)])
    azure = any(sign in told for sign in ("azure-openai", "azure-ai", ".azure.com"))
    return "azure.ai.openai" if azure else "openai"


def _server(options: Options) -> dict[str, object]:
    url = urlsplit(options.base_url)
    return {
        "server.address": url.hostname,
        "server.port": url.port or (443 if url.scheme == "https" else 80),
    }


def _known(options: Options, facts: Mapping[str, object]) -> dict[str, Any]:
    """Leave out what is not known, and credentials, which a server may echo anywhere."""
    return {
        name: options.redact(value) if isinstance(value, str) else value
        for name, value in facts.items()
        if isinstance(value, str | int)
    }


def _set(span: Span, options: Options, facts: Mapping[str, object]) -> None:
    span.set_attributes(_known(options, facts))


def _current(span: Span) -> AbstractContextManager[Span]:
    """Make a span current; an error's text and traceback are content, and not recorded."""
    return trace.use_span(span, record_exception=False, set_status_on_exception=False)


@contextmanager
def _ending(span: Span) -> Generator[None]:
    try:
        yield
    except BaseException as error:
        _fail(span, type(error).__qualname__)
        raise
    finally:
        span.end()


def _fail(span: Span, kind: str) -> None:
    span.set_attribute("error.type", kind)
    span.set_status(StatusCode.ERROR)
