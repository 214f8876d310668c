"""The entry script: loaded under a stable name, its init() and run() checked, run() called."""

import importlib.util
import inspect
import os
import sys
import types

MODULE_NAME = "entry_module"  # in sys.modules, so that its classes can be pickled
HEADERS_ARGUMENT = "request_headers"


class ScriptError(Exception):
    """The script cannot be served as it is; the message says what to change."""


def prepare_path(folders, entry_script: str) -> None:
    """`folders` in their order before everything else (None is no folder); the script's own folder after everything."""
    first = []
    for folder in folders:
        if folder and folder not in first:
            first.append(folder)
    folder = os.path.dirname(entry_script)
    rest = [entry for entry in sys.path if entry not in first and entry != ""]
    sys.path[:] = first + rest + ([] if folder in first + rest else [folder])


def load(entry_script: str) -> types.ModuleType:
    """Import the file; whatever it raises goes through."""
    if not os.path.isfile(entry_script):
        raise ScriptError("there is no entry script at `%s`" % entry_script)
    spec = importlib.util.spec_from_file_location(MODULE_NAME, entry_script)
    if spec is None or spec.loader is None:
        raise ScriptError("`%s` is not a Python file" % entry_script)
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE_NAME] = module
    spec.loader.exec_module(module)
    return module


class Script:
    """init() and run() of a loaded module, checked."""

    def __init__(self, module: types.ModuleType) -> None:
        self.init = function_of(module, "init")
        driver = getattr(module, "driver_module", None)
        has_driver = isinstance(driver, types.ModuleType) and callable(getattr(driver, "run", None))
        self.run = driver.run if has_driver else function_of(module, "run")
        self.data_argument, self.wants_headers = arguments_of(self.run)
        check_mode(self.run)

    def call(self, data, headers):
        """run() with its data, and the request's headers (Title-Case keys) where it asks for them."""
        if not self.wants_headers:
            return self.run(data)
        return self.run(**{self.data_argument: data, HEADERS_ARGUMENT: headers})


def check_mode(run) -> None:
    """Only string mode is served as yet: a script that asks for another is refused at its start."""
    schemas = sys.modules.get("inference_schema.schema_util")
    if schemas is not None and schemas.is_schema_decorated(run):
        raise ScriptError(
            "run() is decorated with an inference-schema, which is not served yet: take the text of the body"
        )
    raw = sys.modules.get(__name__.rpartition(".")[0] + ".http")
    if raw is not None and raw.RAW:
        raise ScriptError("run() is decorated with rawhttp, which is not served yet: take the text of the body")


def function_of(module: types.ModuleType, name: str):
    found = getattr(module, name, None)
    if not callable(found):
        raise ScriptError("the entry script has no function `%s()`" % name)
    return found


def arguments_of(run):
    """(name of the data argument, whether `request_headers` is wanted); ScriptError as the contract says."""
    try:
        parameters = list(inspect.signature(run).parameters.values())
    except (TypeError, ValueError) as wrong:
        raise ScriptError("the arguments of run() cannot be read: %s" % wrong) from None
    refused = {
        inspect.Parameter.POSITIONAL_ONLY: "positional-only arguments",
        inspect.Parameter.VAR_POSITIONAL: "`*args`",
        inspect.Parameter.VAR_KEYWORD: "`**kwargs`",
    }
    for parameter in parameters:
        if parameter.kind in refused:
            raise ScriptError("run() takes %s: give it one named argument for the data" % refused[parameter.kind])
    names = [parameter.name for parameter in parameters]
    data = [name for name in names if name != HEADERS_ARGUMENT]
    if not data:
        raise ScriptError("run() takes no data argument: write it as `def run(data):`")
    return data[0], HEADERS_ARGUMENT in names
