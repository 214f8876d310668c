"""init() and one call of run() in a terminal, with no server: what `homeport score` and a replay do.

The answer goes to stdout; whatever the script prints or logs, and tracebacks, to stderr.
"""

import base64
import builtins
import faulthandler
import json
import os
import pdb  # noqa: T100 - the debugger is what a replay is for
import sys
from contextlib import ExitStack

from . import aliases, inputs, logs, serve, traces
from .script import Script, ScriptError, load, prepare_path

FAILED = 1  # the exit status
FAILURES = {
    "raised": "run() raised: its traceback is above",
    "unserializable": "what run() returned cannot be sent as JSON: the reason is above",
}


def main(fd: int) -> None:
    """Do what the JSON object on `fd` says: `start`, `about` and `body` (base64) as in START, SCORE and BODY."""
    with os.fdopen(fd, "rb") as source:
        told = json.loads(source.read().decode("utf-8"))
    answers = stdout_apart()
    faulthandler.enable()
    logs.open_streams()
    plain_print = builtins.print
    logs.set_up_logging()
    builtins.print = plain_print  # a person reads this, and the debugger prints too
    script = start(told["start"], told["debug"])
    sys.exit(FAILED if script is None else score(script, told, answers))


def stdout_apart():
    """The real stdout, for the answer alone: from now on stdout is stderr to the script and all it starts."""
    sys.stdout.flush()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def start(told, debug: bool):
    """The script with init() done; None where it failed, which has been said."""
    sys.argv[:] = [told["entry_script"]]
    prepare_path([os.getcwd(), told["app_root"], told["source_directory"]], told["entry_script"])
    aliases.install()
    try:
        logs.apply_logging_file([told["app_root"], os.path.dirname(told["entry_script"])])
        script = Script(load(told["entry_script"]))
        script.init()
        serve.describe(script)
    except ScriptError as wrong:
        say("error: %s" % wrong)
        return None
    except BaseException as wrong:
        say(traces.user_traceback(wrong))
        if os.environ.get("AZUREML_MODEL_DIR"):
            say("AZUREML_MODEL_DIR:\n" + traces.folder_listing(os.environ["AZUREML_MODEL_DIR"]))
        say("error: the script did not start: %s" % traces.summary(wrong))
        look_into(wrong, debug)
        return None
    return script


def score(script, told, answers) -> int:
    """The exit status: 0 for an answer below 400."""
    about, body = told["about"], base64.b64decode(told["body"])
    logs.Current.request_id = about.get("id", "")
    about.setdefault("headers", {})
    about.setdefault("path", "/score")
    about.setdefault("fields", [[name.lower(), value] for name, value in about["headers"].items()])
    with ExitStack() as around:
        try:
            if told["debug"]:
                script.call = stopping(script.call)
            answer, payload, pieces = serve.score(script, about, body, around)
        except SystemExit as wrong:
            say("error: run() called sys.exit(%s)" % wrong)
            return FAILED
        if answer["outcome"] not in ("ok", "response"):
            say("error: %s" % (answer.get("message") or FAILURES[answer["outcome"]]))
            return FAILED
        answers.write(payload)
        for piece in pieces or ():
            answers.write(piece)
            answers.flush()
        answers.write(b"" if payload.endswith(b"\n") or pieces is not None else b"\n")
        answers.flush()
    status = answer.get("status", 200)
    if status >= 400:
        say("error: run() answered with status %d" % status)
    return FAILED if status >= 400 else 0


def stopping(call):
    """The same call, with the debugger where it raises."""

    def stops(arguments):
        try:
            return call(arguments)
        except BaseException as wrong:
            cause = wrong.__cause__ if isinstance(wrong, inputs.BadInput) and wrong.__cause__ is not None else wrong
            say(traces.user_traceback(cause))
            look_into(cause, True)
            raise

    return stops


def look_into(wrong: BaseException, debug: bool) -> None:
    """The debugger in the frame that raised."""
    if debug:
        pdb.post_mortem(wrong.__traceback__)


def say(text: str) -> None:
    sys.stderr.write(text.rstrip() + "\n")
