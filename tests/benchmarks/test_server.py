"""The benchmark server, and whether it was in the way."""

import http.client
import json

import pytest

from benchmarks._dataset import assistant, identifier
from benchmarks._processes import serving, usage
from benchmarks._server import Answers, key_of
from benchmarks._server_check import check_server
from benchmarks._streams import Told, piece, thread


@pytest.mark.parametrize(
    ("request_line", "key"),
    [
        (b"GET /v1/assistants?limit=100&order=asc HTTP/1.1", b"asc:"),
        (b"GET /v1/assistants?limit=100 HTTP/1.1", b"desc:"),
        (b"GET /v1/assistants?after=asst_1&limit=100&order=asc HTTP/1.1", b"asc:asst_1"),
        (b"GET /v1/assistants?order=desc&after=asst_1 HTTP/1.1", b"desc:asst_1"),
        (b"GET /v1/assistants/asst_1 HTTP/1.1", b"/asst_1"),
        (b"GET /v1/assistants/asst_1 HTTP/1.1\r\nHost: x?order=asc", b"/asst_1"),
        (b"DELETE /v1/assistants/asst_1 HTTP/1.1", b"/asst_1"),
    ],
)
def test_a_request_is_understood_whatever_the_order_of_its_query(
    request_line: bytes, key: bytes
) -> None:
    """Each client orders its query differently; desc is the default of the API."""
    assert key_of(request_line) == key


def test_the_answers_are_whole_http_responses() -> None:
    """Pages, single assistants and the unknown get their status, length and body."""
    answers = Answers(150)

    head, _, body = answers.find(b"GET /v1/assistants?order=asc HTTP/1.1").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    after = json.loads(body)["last_id"]
    last = answers.find(f"GET /v1/assistants?order=asc&after={after} HTTP/1.1".encode())
    assert json.loads(last.partition(b"\r\n\r\n")[2])["has_more"] is False
    one = answers.find(f"GET /v1/assistants/{identifier(7)} HTTP/1.1".encode())
    assert json.loads(one.partition(b"\r\n\r\n")[2]) == assistant(7)
    assert answers.find(b"GET /v1/assistants/none HTTP/1.1").startswith(b"HTTP/1.1 404 ")
    assert answers.requests == 4


def test_a_deletion_is_confirmed_and_nothing_is_deleted() -> None:
    """The next contestant deletes the same."""
    answers, name = Answers(1), identifier(0)
    for _ in range(2):
        head, _, body = answers.find(f"DELETE /v1/assistants/{name} ".encode()).partition(
            b"\r\n\r\n"
        )
        assert f"Content-Length: {len(body)}".encode() in head
        assert json.loads(body) == {"id": name, "object": "assistant.deleted", "deleted": True}

    assert answers.find(b"DELETE /v1/assistants/none ").startswith(b"HTTP/1.1 404 ")


def test_a_server_process_answers_and_ends_with_its_block() -> None:
    """It counts what it served, its own usage report aside, and is gone afterwards."""
    with serving(100, 0.0) as port:
        assert usage(port)["requests"] == 0
        assert usage(port)["cpu"] > 0
    with pytest.raises(ConnectionRefusedError):
        usage(port)


def test_a_run_is_streamed_as_its_thread_says() -> None:
    """So many pieces, then the end of the connection; a paced one has the same."""
    with serving(1, 0.0) as port:
        for rate in (0, 1000):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("POST", f"/v1/threads/{thread(3, rate)}/runs", b"{}")
            response = connection.getresponse()
            names = [line for line in response.read().split(b"\n") if line.startswith(b"event: ")]
            connection.close()
            assert response.headers["content-type"].startswith("text/event-stream")
            assert names[2:-2] == [b"event: thread.message.delta"] * 3
            assert names[-1] == b"event: done"


def test_a_stream_that_was_told_wrong_is_noticed() -> None:
    """Too few pieces, or in another order."""
    pieces = [piece(index) for index in range(3)]
    Told().see_all(pieces).check(3)
    for wrong in (pieces[:2], [*reversed(pieces)]):
        with pytest.raises(AssertionError):
            Told().see_all(wrong).check(3)


def _round(raw: float, busy: float) -> dict[str, dict[str, float]]:
    return {
        "raw socket": {"wall": raw},
        "fast": {"wall": 1.0, "server": busy},
        "slow": {"wall": 5.0, "server": busy},
    }


@pytest.mark.parametrize(
    ("raw", "busy", "clear"), [(0.2, 0.1, True), (0.6, 0.1, False), (0.2, 0.9, False)]
)
def test_the_server_is_held_against_the_fastest_contestant(
    raw: float, busy: float, *, clear: bool
) -> None:
    """In the way: it could not have answered twice as fast, or was busy half of the time."""
    check = check_server([_round(raw, busy)])

    assert check is not None
    assert (check.fastest, check.clear) == ("fast", clear)


def test_without_a_raw_socket_client_there_is_nothing_to_check() -> None:
    """Scenarios that are not about throughput have no such line in the report."""
    assert check_server([{"fast": {"wall": 1.0}}]) is None
    assert check_server([]) is None
