"""`read`: the objects of a dump, without an account."""

import json
from pathlib import Path

import pytest
from support.moving import write

from portkey_async import Assistant, AsyncPortkey, Message, Thread
from portkey_async.testing import PortkeyServer
from portkey_async.transfer import TransferError, TransferFileError, dump, read


async def test_the_objects_of_a_dump_as_models(
    source: AsyncPortkey, old: PortkeyServer, path: Path
) -> None:
    """In the order of the file, and equal to what the server has."""
    await dump(source, path, threads=["thread_0002"])

    objects = list(read(path))

    assert [type(one) for one in objects] == [Assistant] * 250 + [Thread] + [Message] * 120
    assert objects[0].to_dict() == old.assistants[objects[0].id]


def test_a_damaged_line_is_raised_or_told(path: Path) -> None:
    """With its number; told, the others are given."""
    header = {"format": "portkey_async.dump", "version": 1, "time": "", "source": ""}
    thread = {"id": "thread_1", "object": "thread", "created_at": 1}
    bad = {"kind": "thread", "payload": thread | {"created_at": "1"}}
    write(path, [header, "", bad, "{", {"kind": "thread", "payload": thread}])
    told: list[TransferError] = []

    with pytest.raises(TransferError, match=r"line 3: .*created_at|line 3: ") as caught:
        list(read(path))
    objects = list(read(path, damaged=told.append))

    assert caught.value.line == 3
    assert [error.line for error in told] == [3, 4]
    assert [json.dumps(one.to_dict()) for one in objects] == [json.dumps(thread)]


def test_a_file_that_is_not_there(path: Path) -> None:
    """The error is an `OSError` too, and names the file."""
    with pytest.raises(TransferFileError, match=r"cannot read .*backup\.jsonl: No such") as caught:
        list(read(path))

    assert isinstance(caught.value, FileNotFoundError | OSError)
    assert caught.value.filename == str(path)
