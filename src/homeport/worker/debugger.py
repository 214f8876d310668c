"""debugpy in the worker: from a folder beside the model's environment, or the environment's own."""

import os
import sys

from . import logs

VARIABLE = "HOMEPORT_DEBUG"  # PORT:WHEN:FOLDER, WHEN is `wait` or `later`
CONNECT = "AZUREML_DEBUG_PORT"  # the reference's: where a debugger listens for us


def listen() -> None:
    """Where the server says so: let a debugger attach, and wait for one where it says that too.

    Where AZUREML_DEBUG_PORT says so: attach to a debugger that listens there, and wait until it is ready.
    """
    told = os.environ.pop(VARIABLE, None)
    if told is None:
        if os.environ.get(CONNECT):
            connect(os.environ[CONNECT])
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


def connect(port: str) -> None:
    """With the debugpy of the model's environment; without one, or with nobody at the port, the log says so."""
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    try:
        import debugpy  # noqa: T100

        debugpy.connect(("127.0.0.1", int(port)))  # noqa: T100
    except ImportError:
        logs.error("%s is set, and the model's environment has no debugpy: it runs without a debugger" % CONNECT)
    except Exception as wrong:  # whatever debugpy makes of a port at which nobody listens
        logs.error("%s is `%s`, and no debugger listens there: %s" % (CONNECT, port, wrong))
    else:
        logs.info("waiting for the debugger on 127.0.0.1:%s; init() runs when it is ready" % port)
        debugpy.wait_for_client()  # noqa: T100
