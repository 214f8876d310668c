"""Started by path, `INTERPRETER .../worker/__main__.py FD`, with its end of a socket pair on FD.

A module's name after it (`once`, `check`) does something else than serving, told by a file on FD.

The folder of this file is taken off `sys.path`, and the files beside it are loaded as the package
`_homeport_worker`, so that no module of the user's is ever shadowed by one of ours.
"""

import importlib.util
import os
import sys

PACKAGE = "_homeport_worker"


def load_own_package(module):
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != folder]
    spec = importlib.util.spec_from_file_location(
        PACKAGE, os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)
    return importlib.import_module(PACKAGE + "." + module)


if __name__ == "__main__":
    load_own_package(sys.argv[2] if len(sys.argv) > 2 else "serve").main(int(sys.argv[1]), *map(int, sys.argv[3:]))
