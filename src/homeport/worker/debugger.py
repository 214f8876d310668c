"""debugpy in the worker, from a folder beside the model's environment."""

import os
import sys

from . import logs

VARIABLE = "HOMEPORT_DEBUG"  # PORT:WHEN:FOLDER, WHEN is `wait` or `later`


def listen() -> None:
    """Where the server says so: let a debugger attach, and wait for one where it says that too."""
    told = os.environ.pop(VARIABLE, None)
    if told is None:
        return
    port, when, folder = told.split(":", 2)
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    sys.path.insert(0, folder)
    try:
        import debugpy  # noqa: T100 - this is where a debugger is asked for
    finally:
        sys.path.remove(folder)
    debugpy.listen(("127.0.0.1", int(port)))  # noqa: T100
    if when == "wait":
        logs.info("waiting for a debugger on 127.0.0.1:%s; init() runs when it has attached" % port)
        debugpy.wait_for_client()  # noqa: T100
    else:
        logs.info("a debugger may attach to 127.0.0.1:%s" % port)
