"""Sphinx, MyST and furo; `tests/test_docs.py` builds it with warnings as errors, and runs the examples."""

project = "Homeport"
author = "The Homeport developers"
extensions = ["myst_parser", "sphinx_click"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "Homeport"
html_show_sphinx = False
html_copy_source = False
