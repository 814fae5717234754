"""How Sphinx builds the site: `nox -s docs`; a warning is an error."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

import portkey_async

project = "portkey_async"
author = "the portkey_async authors"
copyright = f"%Y, {author}"  # noqa: A001  # the name that Sphinx looks for
version = release = portkey_async.__version__
root_doc = "index"
exclude_patterns = ["_build"]

extensions = [
    "myst_parser",
    "public_names",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_llm.txt",
]
suppress_warnings = [
    "ref.python",  # several classes have an attribute `object`, which annotations also name
]

default_role = "code"  # what single backticks mean in Markdown, and in our docstrings
myst_heading_anchors = 4  # the anchors that code hosts give to headings

add_module_names = False
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
maximum_signature_line_length = 88
napoleon_numpy_docstring = False
napoleon_use_rtype = False
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = f"portkey_async {version}"
html_copy_source = False
html_show_sourcelink = False

llms_txt_description = "The async-first Python client for the Assistants API of Portkey's gateway."
llms_txt_suffix_mode = "replace"
llms_txt_suppress_unknown_node_warnings = ["abbreviation"]  # the `*` of signatures
