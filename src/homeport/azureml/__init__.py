"""`import homeport.azureml` makes `import azureml...` give Homeport's objects, in this process, from then on.

It must stand above the imports that it answers; tools that sort imports need `# isort: skip` there.
"""

from __future__ import annotations

import sys
import warnings

from homeport.azureml.finder import Finder
from homeport.azureml.table import MODULES, SERVER_MODULES

__all__ = ["install"]


def install() -> None:
    """Answer the `azureml` names before any installed package does; calling it again changes nothing.

    The scoring server's own package is only stood in for where the real one is not installed.
    """
    if any(isinstance(finder, Finder) for finder in sys.meta_path):
        return
    real = [name for name in sys.modules if name == "azureml" or name.startswith("azureml.")]
    if real:
        warnings.warn(
            "azureml was imported before homeport.azureml: what was taken from it stays the original's",
            stacklevel=3,
        )
        for name in real:
            del sys.modules[name]
    sys.meta_path.insert(0, Finder(MODULES))
    sys.meta_path.append(Finder(SERVER_MODULES))


install()
