"""The project's documents: where they are, the code that stands in them, and where they lead."""

import ast
import inspect
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import attrs

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCS = ROOT / "docs"
INDEX = DOCS / "index.md"
DOCUMENTS = (README, *sorted(DOCS.glob("*.md")), *sorted(DOCS.glob("reference/*.md")))

_BLOCK = re.compile(r"^```(\w*|\{[\w-]+\}[^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"^\s*```", re.MULTILINE)
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_REACHED = "__reached__"


@attrs.frozen
class Block:
    """A fenced block of a document.

    Attributes:
        language: What the fence says it is; `{name}` for a directive of the site.
        source: Its text.
        line: The line of the document in which its text begins, from 1.
    """

    language: str
    source: str
    line: int


def text_of(document: Path) -> str:
    """Read a document."""
    return document.read_text(encoding="utf-8")


def blocks(document: Path, language: str) -> list[Block]:
    """Give the fenced blocks of *document* in this language, in order."""
    return [block for block in _blocks(text_of(document)) if block.language == language]


def is_script(block: Block) -> bool:
    """Whether the block is a whole script, to be put into a file and run."""
    return block.language == "python" and "asyncio.run(" in block.source


def scripts(document: Path) -> list[tuple[Block, str | None]]:
    """Give the whole scripts of *document*, each with the output that is shown right below it."""
    found: list[tuple[Block, str | None]] = []
    every = list(_blocks(text_of(document)))
    output_at = {block.line: block.source for block in every if block.language == "text"}
    for script in filter(is_script, every):
        beneath = script.line + script.source.count("\n") + 3  # a fence, an empty line, a fence
        found.append((script, output_at.get(beneath)))
    return found


def stray_fences(document: Path) -> int:
    """Count the fences that do not belong to a block which `blocks` could give."""
    text = text_of(document)
    named = sum(1 for block in _blocks(text) if block.language)
    return len(_FENCE.findall(text)) - 2 * named


def introduction(document: Path) -> str:
    """Give what stands above the first section and the first block."""
    return re.split(r"^(?:## |```)", text_of(document), maxsplit=1, flags=re.MULTILINE)[0]


def links(document: Path) -> list[str]:
    """Give the targets of the links of *document* that stay inside the project."""
    targets = _LINK.findall(_BLOCK.sub("", text_of(document)))
    return [target for target in targets if "://" not in target]


def anchors(document: Path) -> set[str]:
    """Give the names by which GitHub links to the headings of *document*."""
    headings = _HEADING.findall(_BLOCK.sub("", text_of(document)))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def replaced(document: str, marker: str, lines: Iterable[str]) -> str:
    """Put *lines* between the two comments of *document* that *marker* names.

    Raises:
        ValueError: A comment is missing.
    """
    begin, end = f"<!-- {marker}: generated -->", f"<!-- {marker}: end -->"
    head, _, rest = document.partition(begin)
    _, found, tail = rest.partition(end)
    if not found:
        raise ValueError(f"the document lacks {begin} … {end}")
    return f"{head}{begin}\n\n{chr(10).join(lines).rstrip()}\n\n{end}{tail}"


async def run(block: Block, document: Path, namespace: dict[str, Any]) -> None:
    """Run a block as if it stood in the body of a coroutine; `await` works at its top level.

    Raises:
        AssertionError: One of its assertions was never reached, such as one about an error that
            did not come.
        Exception: What the block raises; its traceback shows the lines of the document.
    """
    reached: set[int] = set()
    namespace[_REACHED] = reached.add
    tree = ast.parse("\n" * (block.line - 1) + block.source, str(document))
    due = {node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)}
    tree = ast.fix_missing_locations(_Noting().visit(tree))
    code = compile(tree, str(document), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    outcome = eval(code, namespace)  # noqa: S307  # the project's own documents
    if code.co_flags & inspect.CO_COROUTINE:
        await outcome
    assert due == reached, f"{document}: never reached: the assertions of lines {due - reached}"


class _Noting(ast.NodeTransformer):
    """Puts before each assertion a note that it is reached."""

    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt]:
        note = ast.Call(ast.Name(_REACHED, ast.Load()), [ast.Constant(node.lineno)], [])
        return [ast.copy_location(ast.Expr(note), node), node]


def _blocks(text: str) -> Iterator[Block]:
    for match in _BLOCK.finditer(text):
        yield Block(match[1], match[2], text.count("\n", 0, match.start(2)) + 1)
