"""The directive `public-names` documents the public names of a module, so that none is missed.

```{public-names} portkey_async
:rooms: _models
```

documents those names of `portkey_async.__all__` that live in `portkey_async._models`. A name that
no page documents is a warning, and with `-W` ends the build. The directive `resources` documents
the classes of `portkey_async._resources`, whose methods are the calls.
"""

import functools
import inspect
import pkgutil
import re
from importlib import import_module
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

PACKAGE = "portkey_async"
OPTIONS = {
    "autoclass": (":members:", ":inherited-members: BaseException, dict, tuple"),
    "autofunction": (),
    "autodata": (":no-value:",),
}

#: The modules of the resources, in the order in which the API's reference has them.
RESOURCES = ("assistants", "threads", "messages", "runs", "run_steps", "admin_api_keys")

_logger = logging.getLogger(__name__)


class PublicNames(SphinxDirective):
    """Documents every name of a module's `__all__` that lives in one of the *rooms* given."""

    required_arguments = 1
    option_spec: ClassVar = {"rooms": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Give what autodoc makes of each name."""
        module = import_module(self.arguments[0])
        rooms = self.options.get("rooms", "").split()
        lines: list[str] = []
        for name in module.__all__:
            value = getattr(module, name)
            home = _home(module.__name__, name, value)
            if not rooms or any(f"{home}.".startswith(f"{room}.") for room in rooms):
                lines += _documented(_kind(value), f"{module.__name__}.{name}")
        return _parsed(self, lines)


class Resources(SphinxDirective):
    """Documents the classes in which the calls are, such as that of `client.assistants`."""

    def run(self) -> list[nodes.Node]:
        """Give what autodoc makes of each class, without the arguments that users never give."""
        package = import_module(f"{PACKAGE}._resources")
        lines: list[str] = []
        found = {module.name for module in pkgutil.iter_modules(package.__path__)} - {"base"}
        for module in sorted(found, key=RESOURCES.index):
            path = f"{package.__name__}.{module}"
            for name, value in vars(import_module(path)).items():
                if inspect.isclass(value) and value.__module__ == path and name[0] != "_":
                    lines += _documented("autoclass", f"{path}.{name}", "()")
        return _parsed(self, lines)


@functools.cache
def _public_modules() -> list[str]:
    package = import_module(PACKAGE)
    found = [module.name for module in pkgutil.iter_modules(package.__path__)]
    return [PACKAGE, *(f"{PACKAGE}.{name}" for name in found if not name.startswith("_"))]


def _documented(kind: str, path: str, signature: str = "") -> list[str]:
    return [f".. {kind}:: {path}{signature}", *(f"   {each}" for each in OPTIONS[kind]), ""]


def _parsed(directive: SphinxDirective, lines: list[str]) -> list[nodes.Node]:
    return directive.parse_text_to_nodes("\n".join(["```{eval-rst}", *lines, "```"]))


def _home(module: str, name: str, value: object) -> str:
    """Give the module in which a name lives, without the name of the package."""
    homes: dict[str, str] = getattr(import_module(module), "_HOMES", {})
    return homes.get(name, getattr(value, "__module__", module).removeprefix(f"{module}."))


def _kind(value: object) -> str:
    if inspect.isclass(value):
        return "autoclass"
    return "autofunction" if inspect.isroutine(value) else "autodata"


def _every_name_is_documented(app: Sphinx, env: BuildEnvironment) -> None:
    documented = env.domains.python_domain.objects
    for module in _public_modules():
        for name in getattr(import_module(module), "__all__", ()):
            if not {f"{module}.{name}", f"{PACKAGE}.{name}"} & documented.keys():
                _logger.warning("%s.%s is public, and in no page of the reference", module, name)


def _by_public_name(
    app: Sphinx, env: BuildEnvironment, node: nodes.Element, content: nodes.Element
) -> nodes.reference | None:
    """Lead annotations, which name the private module, to the public name that is documented."""
    if node.get("refdomain") != "py":
        return None
    name = node["reftarget"].rpartition(".")[2]
    for module in _public_modules():
        if f"{module}.{name}" in env.domains.python_domain.objects:
            return env.domains.python_domain.resolve_xref(
                env, node["refdoc"], app.builder, "obj", f"{module}.{name}", node, content
            )
    return None


def _no_colon(  # noqa: PLR0913, PLR0917  # what Sphinx calls it with
    app: Sphinx, what: str, name: str, value: object, options: object, lines: list[str]
) -> None:
    """Warn of a property whose first line has a colon: Napoleon takes what precedes for a type."""
    if what == "property" and ":" in lines[0]:
        _logger.warning("the docstring of %s begins with a line that holds a colon", name)


def _no_other(  # noqa: PLR0913, PLR0917  # what Sphinx calls it with
    app: Sphinx,
    what: str,
    name: str,
    value: object,
    options: object,
    signature: str | None,
    returns: str | None,
) -> tuple[str | None, str | None]:
    """Leave out the `**other` that only refuses: nobody gives it."""
    return signature and re.sub(r"(, )?\*\*other: Unpack\[NoOther\]", "", signature), returns


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive and the check."""
    app.setup_extension("sphinx.ext.autodoc")
    app.add_directive("public-names", PublicNames)
    app.add_directive("resources", Resources)
    app.connect("autodoc-process-docstring", _no_colon, priority=100)  # before Napoleon's
    app.connect("autodoc-process-signature", _no_other)
    app.connect("env-check-consistency", _every_name_is_documented)
    app.connect("missing-reference", _by_public_name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
