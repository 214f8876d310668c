"""Stacks of all threads, written when the server asks for them: before it ends a worker that is stuck."""

import faulthandler
import os


def register(told) -> None:
    """On `told["signal"]` the stacks go into the file `told["folder"]/PID`; a forked worker has to call this again.

    The handler is native code: it needs neither the GIL nor a script that lets exceptions through.
    """
    if not told:
        return
    try:
        path = os.path.join(told["folder"], str(os.getpid()))
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)  # open as long as it lives
        faulthandler.register(told["signal"], file=file, all_threads=True)
    except (OSError, ValueError, RuntimeError):
        pass  # an incident without stacks is better than no worker
