"""Sphinx, MyST and furo; `tests/test_docs.py` builds it with warnings as errors, and runs the examples."""

import click

from homeport.cli.main import cli


def load_all(group: click.Group) -> None:
    """Of a group with commands that are there already, sphinx_click sees no others."""
    context = click.Context(group)
    found = {name: group.get_command(context, name) for name in group.list_commands(context)}
    for name, command in found.items():
        if isinstance(command, click.Group):
            load_all(command)
        if command is not None:
            group.commands[name] = command


load_all(cli)

project = "Homeport"
author = "The Homeport developers"
extensions = ["myst_parser", "sphinx_click"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "Homeport"
html_show_sphinx = False
html_copy_source = False
