"""Sphinx, MyST and furo; `tests/test_docs.py` builds it with warnings as errors, and runs the examples."""

from importlib import import_module

from homeport.cli.service import LATER, command

# sphinx_click sees only what is loaded
for module in LATER.values():
    command.add_command(import_module(f"homeport.cli.{module}").command)

project = "Homeport"
author = "The Homeport developers"
extensions = ["myst_parser", "sphinx_click"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "Homeport"
html_show_sphinx = False
html_copy_source = False
