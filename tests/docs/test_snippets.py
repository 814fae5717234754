"""Every Python block of the README and of the documents does what it says."""

import os
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from support.documents import (
    DOCUMENTS,
    ROOT,
    Block,
    blocks,
    introduction,
    is_script,
    run,
    scripts,
    stray_fences,
)
from support.leaks import nothing_leaks
from support.suites import LIGHT

from portkey_async import AsyncPortkey
from portkey_async.testing import PortkeyServer

pytest_plugins = ["pytester"]

WITH_PYTHON = [document for document in DOCUMENTS if blocks(document, "python")]
SCRIPTS = [(document, *script) for document in WITH_PYTHON for script in scripts(document)]
SECONDS = 60


def name(document: Path) -> str:
    """The document, as a test's id."""
    return str(document.relative_to(ROOT))


def is_test(block: Block) -> bool:
    """Whether the block is a whole test file, rather than code for the body of a coroutine."""
    return "\nasync def test_" in f"\n{block.source}" or "\ndef test_" in f"\n{block.source}"


@pytest.mark.portkey(assistants=250)
@pytest.mark.usefixtures("caplog")  # without it, the suite's watch keeps log records to itself
@pytest.mark.parametrize("document", WITH_PYTHON, ids=name)
async def test_the_snippets_of_a_document_run(
    document: Path,
    portkey_server: PortkeyServer,
    portkey_client: AsyncPortkey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In order, in one namespace, given only what the document says it takes for granted."""
    monkeypatch.setenv("PORTKEY_BASE_URL", portkey_server.base_url)
    given = {"client": portkey_client, "server": portkey_server}
    said = introduction(document)
    namespace = {name: value for name, value in given.items() if f"`{name}`" in said}
    whole = (is_test, is_script)
    snippets = [
        block
        for block in blocks(document, "python")
        if not any(belongs(block) for belongs in whole)
    ]
    async with nothing_leaks():
        for block in snippets:
            await run(block, document, namespace)
        await portkey_client.close()


@pytest.mark.parametrize(
    ("document", "script", "output"),
    SCRIPTS,
    ids=[f"{name(document)}:{script.line}" for document, script, _ in SCRIPTS],
)
def test_the_scripts_of_a_document_run_and_print_what_it_shows(
    document: Path, script: Block, output: str | None, tmp_path: Path
) -> None:
    """Each is a file as it stands; the server that the document starts has 250 assistants."""
    file = tmp_path / "script.py"
    file.write_text(script.source, encoding="utf-8")
    with PortkeyServer(assistants=250) as server:
        settings = {
            "PORTKEY_BASE_URL": server.base_url,
            "PORTKEY_API_KEY": server.api_key,
            "PORTKEY_PROVIDER_VIRTUAL_KEY": "openai-prod",
        }
        done = subprocess.run(  # noqa: S603  # the project's own documents
            [sys.executable, "-W", "error", file],
            env=os.environ | settings,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    assert (done.returncode, done.stderr) == (0, ""), f"{document}, line {script.line}"
    assert output is None or done.stdout == output


def test_the_tests_in_the_documents_pass(pytester: pytest.Pytester) -> None:
    """A block that holds tests is a file as it stands: pytest-asyncio runs it, and it passes."""
    files = {
        f"test_{document.stem}_line_{block.line}": block.source
        for document in WITH_PYTHON
        for block in blocks(document, "python")
        if is_test(block)
    }
    pytester.makepyfile(**files)
    pytester.makeini(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
        "filterwarnings = error\naddopts = --strict-markers -p no:aiohttp\n"
    )

    outcomes = pytester.runpytest_subprocess(*LIGHT).parseoutcomes()

    assert outcomes.keys() == {"passed"}
    assert outcomes["passed"] >= len(files)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_no_code_hides(document: Path) -> None:
    """Every fence begins a line and names its language, so that no Python goes untried."""
    assert stray_fences(document) == 0


async def test_a_wrong_snippet_is_noticed(tmp_path: Path) -> None:
    """A claim that does not hold fails, and the traceback shows the line of the document."""
    document = tmp_path / "wrong.md"
    document.write_text(
        "# Wrong\n\n```python\nimport asyncio\n\nassert await asyncio.sleep(0)\n```\n"
    )
    (block,) = blocks(document, "python")

    with pytest.raises(AssertionError) as caught:
        await run(block, document, {})

    (last, *_) = reversed(traceback.extract_tb(caught.value.__traceback__))
    assert (last.filename, last.lineno) == (str(document), 6)
    assert last.line == "assert await asyncio.sleep(0)"


async def test_an_error_that_does_not_come_is_noticed(tmp_path: Path) -> None:
    """An assertion that is not reached fails as well."""
    document = tmp_path / "tame.md"
    document.write_text(
        "```python\ntry:\n    1 / 1\nexcept ZeroDivisionError:\n    assert True\n```\n"
    )
    (block,) = blocks(document, "python")

    with pytest.raises(AssertionError, match=r"never reached: .* \{5\}"):
        await run(block, document, {})


@pytest.mark.parametrize(
    ("text", "stray"),
    [("```python\n1\n```\n", 0), ("```\n1\n```\n", 2), ("- a\n  ```python\n  1\n  ```\n", 2)],
    ids=["a block", "no language", "indented"],
)
def test_a_hidden_block_is_noticed(tmp_path: Path, text: str, stray: int) -> None:
    """A fence without a language, or inside a list, counts as stray."""
    document = tmp_path / "hidden.md"
    document.write_text(text)

    assert stray_fences(document) == stray
