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
        file = open(os.path.join(told["folder"], str(os.getpid())), "w")  # noqa: SIM115 - faulthandler keeps it
        faulthandler.register(told["signal"], file=file, all_threads=True)
    except (OSError, ValueError, RuntimeError):
        pass  # an incident without stacks is better than no worker
