"""Files: whole lines or nothing, one process at a time, and errors that name the file."""

import errno
import os
from pathlib import Path

import pytest

from portkey_async import AsyncPortkey
from portkey_async.testing import PortkeyServer
from portkey_async.transfer import TransferError, TransferFileError, _files, dump, load
from portkey_async.transfer._files import Appended


async def test_a_full_disk(
    source: AsyncPortkey,
    target: AsyncPortkey,
    new: PortkeyServer,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is written stays whole, and the same call goes on when there is room."""
    room = 50_000

    def write(descriptor: int, data: bytes) -> int:
        nonlocal room
        if room <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = os.pwrite(descriptor, data[:room], os.lseek(descriptor, 0, os.SEEK_CUR))
        os.lseek(descriptor, done, os.SEEK_CUR)
        room -= done
        return done

    monkeypatch.setattr(_files, "_put", write)
    with pytest.raises(TransferFileError, match=r"No space left.*make room") as caught:
        await dump(source, path)
    assert caught.value.errno == errno.ENOSPC
    partial = path.with_name("backup.jsonl.partial")
    assert partial.read_bytes().endswith(b"\n")
    room = 10**9
    assert (await dump(source, path)).resumed > 0

    room = 5_000
    with pytest.raises(TransferFileError, match=r"backup\.jsonl\.journal"):
        await load(target, path)
    made = len(new.assistants)
    assert 0 < made < 250
    room = 10**9

    assert (await load(target, path)).ok
    assert len(new.assistants) == 250


def test_one_process_at_a_time(path: Path) -> None:
    """The second says so."""
    with Appended(path), pytest.raises(TransferError, match="in use"):
        Appended(path)

    with Appended(path):
        pass


def test_a_file_that_was_renamed_before_it_was_locked(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever finished just now keeps what was finished."""
    chmod = Path.chmod
    monkeypatch.setattr(_files.fcntl, "flock", lambda *_: path.unlink())

    with pytest.raises(TransferError, match="in use"):
        Appended(path)

    assert Path.chmod is chmod
    assert not path.exists()


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (b"", b""),
        (b"a", b""),
        (b"a\nb", b"a\n"),
        (b"a\n", b"a\n"),
        (b"a\n" + b"b" * 200_000, b"a\n"),
    ],
)
def test_a_last_line_that_was_cut_off_is_cut_away(path: Path, content: bytes, kept: bytes) -> None:
    """However long it is."""
    path.write_bytes(content)
    with Appended(path) as file:
        file.append(b"c\n")

    assert path.read_bytes() == kept + b"c\n"
    assert path.stat().st_mode & 0o777 == 0o600


async def test_no_such_folder(source: AsyncPortkey, old: PortkeyServer, tmp_path: Path) -> None:
    """Nothing is asked of the server."""
    with pytest.raises(TransferFileError, match="No such file or directory") as caught:
        await dump(source, tmp_path / "nowhere" / "backup.jsonl")

    assert isinstance(caught.value, OSError)
    assert not old.requests


async def test_a_line_without_end(
    target: AsyncPortkey, source: AsyncPortkey, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line longer than any object is not read into memory."""
    await dump(source, path)
    with path.open("ab") as file:
        file.write(b'{"kind": "' + b"a" * 5_000)
    for module in ("_files", "_format"):
        monkeypatch.setattr(f"portkey_async.transfer.{module}.LONGEST_LINE", 2_000)

    report = await load(target, path)

    assert {*report.failed} == {252}
    assert "longer" in str(report.failed[252])
    assert report.assistants == 250
