"""The entry script: loaded under a stable name, its init() and run() checked, run() called."""

import asyncio
import importlib.util
import inspect
import os
import sys
import types

from . import inputs, schema

MODULE_NAME = "entry_module"  # in sys.modules, so that its classes can be pickled
HEADERS_ARGUMENT = "request_headers"
STRING, OBJECT, RAW = "string", "object", "raw"


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
    """init() and run() of a loaded module, checked; `mode` is how run() takes its input."""

    def __init__(self, module: types.ModuleType) -> None:
        self.init = function_of(module, "init")
        if inspect.iscoroutinefunction(self.init):
            raise ScriptError("init() is async: make it a plain function, only run() may be async")
        driver = getattr(module, "driver_module", None)
        has_driver = isinstance(driver, types.ModuleType) and callable(getattr(driver, "run", None))
        self.run = driver.run if has_driver else function_of(module, "run")
        self._parameters = parameters_of(self.run)
        self.wants_headers = any(parameter.name == HEADERS_ARGUMENT for parameter in self._parameters)
        self._data = [parameter for parameter in self._parameters if parameter.name != HEADERS_ARGUMENT]
        self.mode = mode_of(self.run)
        self.wants_request = self.mode == RAW or uses_flask_request(module)
        self._schemas = None
        if self.mode == OBJECT:
            self._schemas = schema.describe(self.run)
            self._blame = schema.Blame(self.run)
            self._misnamed = schema.described_arguments(self.run) - {p.name for p in self._parameters}
        self._loop = None
        self.application = None  # the flask application around each call, where the script has flask

    @property
    def schemas(self):
        """Of the decorators; else what init() of our own script for model files left at run(); else None."""
        return self._schemas or getattr(self.run, "homeport_schemas", None)

    def arguments(self, about, body, request):
        """run()'s arguments by name, out of one request; `inputs.BadInput` where it does not fit.

        `about["headers"]` has the headers by their Title-Case names; `request` is flask's in raw mode.
        """
        if self.mode == OBJECT:
            found = inputs.arguments_of(about, body, self._data)
        else:
            found = {self._data[0].name: request if self.mode == RAW else inputs.text_of(about, body)}
        if self.wants_headers:
            found[HEADERS_ARGUMENT] = about["headers"]
        return found

    def call(self, arguments):
        """What run() returns, awaited where it has to be; `inputs.BadInput` for a value that a schema refuses."""
        try:
            result = self.run(**arguments)
        except Exception as wrong:
            field = self._blame.field(wrong) if self.mode == OBJECT and not self._misnamed else None
            if field is None:
                raise
            raise inputs.BadInput(self._refusal(field, wrong, arguments)) from wrong
        return self.loop().run_until_complete(awaited(result)) if inspect.isawaitable(result) else result

    def loop(self):
        """One event loop for the life of the worker, so that what an async run() keeps open goes on working."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        return self._loop

    def _refusal(self, field: str, wrong: Exception, arguments) -> str:
        name = field.split(".")[0]
        for parameter in self._data:
            if parameter.name == name and arguments[name] is parameter.default:
                return "missing: `%s`, whose default does not fit its own schema (%s)" % (name, wrong)
        return "`%s` does not fit its schema: %s" % (field, str(wrong) or type(wrong).__name__)


async def awaited(result):
    return await result


def mode_of(run) -> str:
    """From the decorators; ScriptError for both kinds at once."""
    raw = sys.modules.get(__name__.rpartition(".")[0] + ".http")
    is_raw = raw is not None and bool(raw.RAW)
    if not schema.is_decorated(run):
        return RAW if is_raw else STRING
    if is_raw:
        raise ScriptError("run() cannot have both: `rawhttp` gives it the request, a schema gives it values")
    return OBJECT


def uses_flask_request(module: types.ModuleType) -> bool:
    """Whether the script has imported flask's `request`, which then works in every mode."""
    flask = sys.modules.get("flask")
    return flask is not None and any(value is flask.request for value in list(vars(module).values()))


def function_of(module: types.ModuleType, name: str):
    found = getattr(module, name, None)
    if not callable(found):
        raise ScriptError("the entry script has no function `%s()`" % name)
    return found


def parameters_of(run):
    """The parameters of run(); ScriptError for kinds that cannot be filled, and where there is none for the data."""
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
    if all(parameter.name == HEADERS_ARGUMENT for parameter in parameters):
        raise ScriptError("run() takes no data argument: write it as `def run(data):`")
    return parameters
