# Runs as the interpreter of `homeport run` starts, and in the Python processes that its script starts.
# Any interpreter may find this file: it is written for old ones too, and does nothing in another one's process.
# ruff: noqa: PTH100, PTH120, UP036

import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder or os.curdir) != here]

if os.environ.get("HOMEPORT_RUN") == sys.prefix:
    import homeport.azureml  # noqa: F401 - importing it is what answers the azureml names

if sys.version_info >= (3, 5):
    # the interpreter looks for one sitecustomize only: the user's own, which this one hides, has its turn now
    from importlib.machinery import PathFinder

    found = PathFinder.find_spec("sitecustomize")
    if found is not None and found.loader is not None:
        found.loader.exec_module(sys.modules["sitecustomize"])
