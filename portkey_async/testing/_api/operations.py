"""Finds the operation that a request is for, once it has passed the checks that all have."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import unquote

from attrs import evolve

from portkey_async.testing._dialects import Dialect
from portkey_async.testing._exchange import Received, Response, refusal
from portkey_async.testing._schemas.check import InvalidValue

from . import admin_api_keys, assistants, messages, run_steps, runs, threads
from .credentials import given_credential, lacks_credential
from .gateway import gateway_refusal, is_addressed_directly, response_headers, unrouted
from .request import Refused, require_beta
from .state import State

_Operation = Callable[..., Response]

# By the segments of the path behind `/v1`; `*` stands for an id.
_ROUTES: Final[dict[tuple[str, ...], Mapping[str, _Operation]]] = {
    ("assistants",): {"GET": assistants.list_assistants, "POST": assistants.create},
    ("assistants", "*"): {
        "GET": assistants.retrieve,
        "POST": assistants.update,
        "DELETE": assistants.delete,
    },
    ("threads",): {"POST": threads.create},
    ("threads", "runs"): {"POST": runs.create_with_thread},
    ("threads", "*"): {
        "GET": threads.retrieve,
        "POST": threads.update,
        "DELETE": threads.delete,
    },
    ("threads", "*", "messages"): {"GET": messages.list_messages, "POST": messages.create},
    ("threads", "*", "messages", "*"): {
        "GET": messages.retrieve,
        "POST": messages.update,
        "DELETE": messages.delete,
    },
    ("threads", "*", "runs"): {"GET": runs.list_runs, "POST": runs.create},
    ("threads", "*", "runs", "*"): {"GET": runs.retrieve, "POST": runs.update},
    ("threads", "*", "runs", "*", "submit_tool_outputs"): {"POST": runs.submit_tool_outputs},
    ("threads", "*", "runs", "*", "cancel"): {"POST": runs.cancel},
    ("threads", "*", "runs", "*", "steps"): {"GET": run_steps.list_steps},
    ("threads", "*", "runs", "*", "steps", "*"): {"GET": run_steps.retrieve},
    ("organization", "admin_api_keys"): {
        "GET": admin_api_keys.list_keys,
        "POST": admin_api_keys.create,
    },
    ("organization", "admin_api_keys", "*"): {
        "GET": admin_api_keys.retrieve,
        "DELETE": admin_api_keys.delete,
    },
}


def respond(state: State, received: Received) -> Response:
    """What to respond to *received*; what is held changes when the response is committed."""
    direct = is_addressed_directly(received.headers)
    if direct and received.method not in {"GET", "POST", "DELETE"}:
        return unrouted()
    # Before all else, for any request without a credential: that is what the description says.
    response = _unauthorized(state, received)
    if response is None and direct:
        refused = gateway_refusal(received.headers)
        if refused is not None:
            return refused
    if response is None:
        response = _checked(state, received, direct=direct)
    if direct:
        headers = response_headers(received.headers) | dict(response.headers)
        return evolve(response, headers=headers)
    return response


def _checked(state: State, received: Received, *, direct: bool) -> Response:
    """What the operation responds, or why it does not take the request."""
    try:
        return _operate(state, received, direct=direct)
    except Refused as exc:
        return exc.response
    except InvalidValue as exc:
        return refusal(400, exc.message, param=exc.param, code=exc.code)


def _unauthorized(state: State, received: Received) -> Response | None:
    """A refusal of a missing or wrong credential."""
    given = given_credential(received.headers)
    if not state.api_key or given == state.api_key:
        return None
    if given:
        return refusal(401, "Incorrect API key provided.", code="invalid_api_key")
    return refusal(
        401,
        "You didn't provide an API key. Provide it as x-portkey-api-key: KEY, "
        "or as Authorization: Bearer KEY.",
    )


def _operate(state: State, received: Received, *, direct: bool) -> Response:
    operations, ids = _route(state, received.path)
    if operations is None:
        return refusal(404, f"Invalid URL ({received.method} {received.path})")
    if direct and lacks_credential(received.headers):
        return refusal(401, "You didn't provide an API key: the provider's is missing.")
    operation = operations.get(received.method)
    if operation is None:
        return refusal(
            405,
            f"Not allowed to {received.method} on {received.path}.",
            code="method_not_supported",
            headers={"Allow": ", ".join(operations)},
        )
    if not received.path.startswith("/v1/organization"):
        require_beta(received)
    return operation(state, received, *ids)


def _route(state: State, path: str) -> tuple[Mapping[str, _Operation] | None, list[str]]:
    """The operations on a path, by method, and the ids that it holds."""
    empty, *rest = path.split("/")
    if empty or rest[:1] != ["v1"]:
        return None, []
    segments = rest[1:]
    for pattern, operations in _routes(state):
        pairs = list(zip(pattern, segments, strict=False))
        if len(pattern) == len(segments) and all(
            segment if name == "*" else name == segment for name, segment in pairs
        ):
            return operations, [unquote(segment) for name, segment in pairs if name == "*"]
    return None, []


def _routes(state: State) -> Iterator[tuple[tuple[str, ...], Mapping[str, _Operation]]]:
    if Dialect.THREADS_LISTED in state.dialect:
        yield ("threads",), {"GET": threads.list_threads, **_ROUTES["threads",]}
    yield from _ROUTES.items()
