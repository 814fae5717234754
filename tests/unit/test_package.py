"""The package as a whole: its names, which module may import which, and what an import costs."""

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib import import_module, metadata
from pathlib import Path
from typing import is_typeddict

import attrs
import pytest

import portkey_async

ROOT = Path(portkey_async.__file__).parent

#: What a base class documents for all of them, and the mark that a class has in its union.
EVERY_MODELS = {"extra", "type", "raw"}


def fields_of(name: str) -> list[str]:
    """Give the public fields of an attrs class or a TypedDict; none of anything else."""
    value = getattr(portkey_async, name)
    if is_typeddict(value):
        return list(value.__annotations__)
    if not attrs.has(value):
        return []
    names = {field.name for field in attrs.fields(value)} - EVERY_MODELS
    return sorted(name for name in names if not name.startswith("_"))


#: The fields of `ClientOptions` are arguments of `AsyncPortkey`, which has a test of its own.
FIELDED = [name for name in portkey_async.__all__ if fields_of(name) and name != "ClientOptions"]


def documentation(cls: type) -> str:
    """Give the docstring of a class, with those of the TypedDicts that it takes fields from."""
    near = vars(import_module(cls.__module__)).values()
    bases = [
        other
        for other in near
        if is_typeddict(cls) and is_typeddict(other) and fields(other) <= fields(cls)
    ]
    return "\n".join(inspect.getdoc(one) or "" for one in (cls, *bases))


def fields(typed_dict: type) -> set[str]:
    """Give the fields of a TypedDict, inherited ones too."""
    return set(typed_dict.__annotations__)


# The rooms of the house: a module imports from its own room, and from those after it.
ROOMS = (
    "cli",
    "telemetry",
    "transfer",
    "migration",
    "__init__",
    "_client",
    "_resources",
    "_runs",
    "bulk",
    "_pagination",
    "_params",
    "_transport",
    "_codec",
    "_models",
    "_options",
    "_json",
    "_types",
    "_secrets",
    "_errors",
    "_version",
)
# The same inside the testing kit.
TESTING_ROOMS = (
    "__main__",
    "_plugin",
    "_plugin_asyncio",
    "__init__",
    "_server",
    "_http",
    "_payloads",
    "_api",
    "_faults",
    "_scripts",
    "_schemas",
    "_dialects",
    "_exchange",
    "_store",
)
#: What stands on the public names: of the private modules it imports no more than these.
ON_THE_PUBLIC_FACE = {
    # Its options are made from the client's own table.
    "cli": {"transfer", "migration", "_options", "_secrets", "_errors", "_types", "_version"},
    "transfer": {"bulk", "_codec", "_errors", "_json", "_models", "_types"},
    "migration": {"_errors", "_types"},
    "bulk": {"_errors", "_types"},
}
#: What the testing kit imports of the client, at the top of a module.
KIT_NEEDS = {"_params", "_types"}
#: What is imported only when it is used, inside functions: cattrs, msgspec and the client are slow
#: to import, and what the command line needs is an extra.
ON_USE = {"_codec", "_runs", "cli", "transfer"}
#: The same of one module: `client.threads` comes with all models of messages, runs and steps.
MODULES_ON_USE = {"portkey_async._resources.threads"}

# What users type. A name may be added; one that goes breaks them.
PROMISED = {
    "AsyncPortkey",
    "Timeout",
    "RetryPolicy",
    "UNSET",
    "capture_responses",
    "Pager",
    "Page",
    "Outcome",
    "map_many",
    "Assistant",
    "AssistantDeleted",
    "AdminApiKeyDeleted",
    "CodeInterpreterTool",
    "FileSearchTool",
    "FunctionTool",
    "UnknownTool",
    "FileSearchOptions",
    "RankingOptions",
    "FunctionDefinition",
    "ToolResources",
    "CodeInterpreterResources",
    "FileSearchResources",
    "VectorStoreSpec",
    "TextFormat",
    "JsonObjectFormat",
    "JsonSchemaFormat",
    "UnknownFormat",
    "PortkeyError",
    "ConfigurationError",
    "InvalidRequestError",
    "ClientClosedError",
    "APIError",
    "APIConnectionError",
    "APITimeoutError",
    "APIStatusError",
    "BadRequestError",
    "AuthenticationError",
    "PermissionDeniedError",
    "NotFoundError",
    "ConflictError",
    "UnprocessableEntityError",
    "RateLimitError",
    "InternalServerError",
    "APIResponseValidationError",
    "PaginationError",
    "__version__",
}


@attrs.frozen
class Import:
    """One import, and where it stands."""

    module: str
    names: tuple[str, ...]
    function: str | None
    type_checking: bool


def imports(path: Path) -> list[Import]:
    """Give all imports of a module of the package, wherever in it they stand."""
    return list(_imports(ast.parse(path.read_text()), None, type_checking=False))


def _imports(node: ast.AST, function: str | None, *, type_checking: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, (), function, type_checking)
    elif isinstance(node, ast.ImportFrom):
        names = tuple(alias.name for alias in node.names)
        yield Import(f"{'.' * node.level}{node.module or ''}", names, function, type_checking)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        function = node.name
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        type_checking = True
    for inner in ast.iter_child_nodes(node):
        yield from _imports(inner, function, type_checking=type_checking)


def modules() -> list[Path]:
    """Give the modules of the client, without those of the testing kit."""
    return [path for path in sorted(ROOT.rglob("*.py")) if "testing" not in path.parts]


def name_of(path: Path) -> str:
    """Give the full name of a module."""
    return ".".join((ROOT.name, *path.relative_to(ROOT).with_suffix("").parts))


def kit_modules() -> list[Path]:
    """Give the modules of the testing kit."""
    return sorted((ROOT / "testing").rglob("*.py"))


def room_of(module: str, parent: str = ROOT.name) -> str:
    """Give the room of a module by its full name: what stands behind the parent."""
    parts = [*module.split("."), "__init__"]
    return parts[parts.index(parent) + 1]


def own_imports(path: Path) -> Iterator[tuple[str, str | None]]:
    """Give what a module imports of this package, by full names, and inside which function.

    What is imported for annotations alone is never imported at run time, and is left out.
    """
    package = name_of(path).split(".")[:-1]
    for found in imports(path):
        if found.type_checking:
            continue
        name = found.module.lstrip(".")
        if level := len(found.module) - len(name):
            parent = package[: len(package) - level + 1]
            yield ".".join(filter(None, (*parent, name))), found.function
        elif found.module.startswith(f"{ROOT.name}."):
            yield found.module, found.function


def run(program: str) -> str:
    """Run a program in a fresh interpreter."""
    done = subprocess.run(  # noqa: S603  # our own text
        [sys.executable, "-E", "-s", "-W", "error", "-c", program],
        cwd=ROOT.parent,  # the package that is under test, not another one that is installed
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# --- Names ------------------------------------------------------------------------------------


def test_everything_promised_is_public() -> None:
    """Each name that the documentation uses can be imported from the package itself."""
    assert set(portkey_async.__all__) >= PROMISED
    for name in portkey_async.__all__:
        assert getattr(portkey_async, name) is not None


def test_the_names_are_sorted_and_there_once() -> None:
    """Constants, classes, the rest, each by name."""

    def rank(name: str) -> tuple[int, str]:
        return (0 if name.isupper() else 1 if name[0].isupper() else 2), name

    assert portkey_async.__all__ == sorted(set(portkey_async.__all__), key=rank)
    assert dir(portkey_async) == sorted(portkey_async.__all__)


def test_type_checkers_and_the_interpreter_find_the_same() -> None:
    """The imports that checkers read, `__all__` and the lazy lookup name the same objects."""
    seen = {
        name: module.module
        for module in imports(ROOT / "__init__.py")
        if module.type_checking
        for name in module.names
    }

    assert seen.keys() == set(portkey_async.__all__)
    for name, module in seen.items():
        home = import_module(module, "portkey_async")
        assert getattr(portkey_async, name) is getattr(home, name)


def test_public_things_live_where_they_are_looked_up() -> None:
    """The lookup finds each name in a fresh interpreter, with nothing imported before."""
    assert (
        run(
            "import portkey_async\n"
            "for name in portkey_async.__all__:\n"
            "    getattr(portkey_async, name)\n"
            "from portkey_async import *\n"
            "print(AsyncPortkey.__name__, repr(UNSET))"
        )
        == "AsyncPortkey UNSET"
    )


@pytest.mark.parametrize("name", ["AsyncPortKey", "_no_module", "Model", "Unknown", ""])
def test_another_name_is_no_attribute(name: str) -> None:
    """What is not public is not found, and the error says where it was looked for."""
    with pytest.raises(AttributeError) as caught:
        getattr(portkey_async, name)

    assert str(caught.value) == f"module 'portkey_async' has no attribute {name!r}"


@pytest.mark.parametrize("name", FIELDED)
def test_every_field_is_documented(name: str) -> None:
    """Under `Attributes:`, or `Args:` of what is made by hand; the reference shows no other."""
    doc = documentation(getattr(portkey_async, name))

    for field in fields_of(name):
        assert re.search(rf"^ +{field}\b.*:", doc, re.MULTILINE), field


def test_the_version_is_that_of_the_distribution() -> None:
    """It is written in one place."""
    assert portkey_async.__version__ == metadata.version("portkey-async")


def test_the_package_says_that_it_is_typed() -> None:
    """Type checkers of those who use it read its annotations."""
    assert (ROOT / "py.typed").is_file()


# --- What an import costs ---------------------------------------------------------------------


def test_importing_the_package_imports_nothing_of_weight() -> None:
    """A test suite that merely has it installed, and so loads its plugin, pays nothing."""
    loaded = run(
        "import sys, portkey_async, portkey_async.testing._plugin\n"
        "dir(portkey_async)\n"
        "print(*sys.modules)"
    ).split()

    heavy = {"aiohttp", "yarl", "multidict", "attr", "attrs", "cattrs", "msgspec", "asyncio"}
    assert not heavy & set(loaded)
    assert not any(name.startswith("portkey_async._") for name in loaded)


def test_the_client_brings_along_none_of_the_tools() -> None:
    """What stands on the public names is imported by those who use it."""
    loaded = run("import sys; from portkey_async import AsyncPortkey; print(*sys.modules)").split()

    tools = {"portkey_async.transfer", "portkey_async.migration"}
    assert not tools & set(loaded)


@pytest.mark.parametrize("name", ["Assistant", "RetryPolicy", "NotFoundError", "UNSET"])
def test_names_without_io_import_no_aiohttp(name: str) -> None:
    """What does not touch the network can be used without the library that does."""
    assert (
        "aiohttp"
        not in run(f"import sys; from portkey_async import {name}; print(*sys.modules)").split()
    )


# --- Which module imports which ---------------------------------------------------------------


def test_every_room_has_its_place() -> None:
    """A new one is put into the order, which is the design in one list."""
    assert {room_of(name_of(path)) for path in modules()} == set(ROOMS)


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_run_one_way(path: Path) -> None:
    """Into the same room or down the list, at the top of the module unless it is put off."""
    room = room_of(name_of(path))
    for module, function in own_imports(path):
        assert ROOMS.index(room) <= ROOMS.index(room_of(module)), module
        assert function is None or room_of(module) in ON_USE or module in MODULES_ON_USE, module


@pytest.mark.parametrize("room", ON_THE_PUBLIC_FACE)
def test_what_stands_on_the_public_names_imports_little_else(room: str) -> None:
    """A tool that a user could have written shows that the public names suffice."""
    paths = [path for path in modules() if room_of(name_of(path)) == room]

    assert paths
    for path in paths:
        rooms = {room_of(module) for module, _ in own_imports(path)}
        assert rooms <= {room, *ON_THE_PUBLIC_FACE[room]}


@pytest.mark.parametrize("path", kit_modules(), ids=name_of)
def test_imports_run_one_way_in_the_testing_kit(path: Path) -> None:
    """Server, HTTP, API, store; of the client it needs only the rooms at the bottom."""
    rank = TESTING_ROOMS.index(room_of(name_of(path), "testing"))
    for module, function in own_imports(path):
        if room_of(module) == "testing":
            room = room_of(module, "testing")
            assert rank <= TESTING_ROOMS.index(room) or function is not None, module
        else:
            assert room_of(module) in KIT_NEEDS, module


def test_no_module_imports_itself_in_a_circle() -> None:
    """Not even inside a room, where the list above does not look."""
    graph = {
        name_of(path): {module for module, function in own_imports(path) if function is None}
        for path in (*modules(), *kit_modules())
    }

    assert list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_the_network_is_touched_in_one_place(path: Path) -> None:
    """Only the session manager imports aiohttp and what belongs to it; others name its types."""
    if name_of(path) == "portkey_async._transport.session":
        return
    for found in imports(path):
        if found.module.partition(".")[0] in {"aiohttp", "yarl", "multidict", "socket", "ssl"}:
            named = path.stem in {"_client", "connections"} and found.type_checking
            assert named or (path.stem, found.module) in {("checks", "ssl"), ("_connection", "ssl")}
