"""The inference-schema decorators of run(): what they say of its input and output, and whose fault an error is.

The package is the model environment's own, of any version; only its public functions are called.
"""

import json
import sys

from . import encode

PACKAGE = "inference_schema"
ALL_VERSIONS = ["2.0", "3.0", "3.1"]  # what a package that is too old to say supports


def is_decorated(run) -> bool:
    """By any of the decorators, `output_schema` alone too."""
    util = sys.modules.get(PACKAGE + ".schema_util")
    return util is not None and util.is_schema_decorated(run)


def describe(run):
    """`input` and `output` as JSON schemas with an example beside them, and the `versions` that can describe them.

    `tables` are the members that lead to each numpy array or pandas frame in the input.
    """
    util = sys.modules[PACKAGE + ".schema_util"]
    versions = getattr(util, "get_supported_versions", lambda function: ALL_VERSIONS)(run)
    found = {"input": util.get_input_schema(run), "output": util.get_output_schema(run), "versions": list(versions)}
    found["tables"] = tables_of(run)
    text = json.dumps(found, default=encode.plain)
    return json.loads(text, parse_constant=lambda name: None)  # NaN is no JSON to whoever reads the description


def tables_of(run):
    """`["data"]` for an argument that is an array or a frame, `["Inputs", "data"]` for one inside a typed dict."""
    found, one = [], run
    while one is not None:
        decorator = getattr(one, "_self_wrapper", None)  # wrapt's; what the decorator was given is in its cells
        cells = getattr(decorator, "__closure__", None) or ()
        given = dict(zip(decorator.__code__.co_freevars, cells)) if cells else {}  # noqa: B905 - Python 3.6
        if "param_name" in given and "param_type" in given:
            name, kind = given["param_name"].cell_contents, given["param_type"].cell_contents
            inside = getattr(kind, "sample_data_type_map", None) or {}
            found += [[name]] if is_table(kind) else [[name, key] for key in inside if is_table(inside[key])]
        one = getattr(one, "__wrapped__", None)
    return found


def is_table(kind) -> bool:
    """By the class's name: the module may not have been imported."""
    return any(base.__name__ in ("NumpyParameterType", "PandasParameterType") for base in type(kind).__mro__)


def described_arguments(run):
    """The names that have a type of their own; those that run() has and no decorator names are left out."""
    properties = describe(run)["input"].get("properties", {})
    return {name for name, shape in properties.items() if shape}


class Blame:
    """Tells a value that the decorators could not convert from an error of run() itself, by the traceback."""

    def __init__(self, run) -> None:
        self._own_code = code_of(run)

    def field(self, error: BaseException):
        """The dotted name of the argument that did not convert; None where run() itself raised."""
        path = []
        trace = error.__traceback__
        while trace is not None:
            frame = trace.tb_frame
            if frame.f_code in self._own_code:
                path = []
            elif frame.f_globals.get("__name__", "").split(".")[0] == PACKAGE:
                name = frame.f_locals.get("param_name")
                if "param_name" in frame.f_code.co_freevars:
                    path = [name]  # a decorator; the ones around it had done with their own arguments
                elif path and isinstance(name, str) and path[-1] != name:
                    path.append(name)
            trace = trace.tb_next
        return ".".join(path) or None


def code_of(run):
    """The code of run() and of every function that is wrapped around it."""
    found, left, seen = set(), [run], set()
    while left:
        one = left.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        code = getattr(one, "__code__", None)
        if code is not None:
            found.add(code)
        left.append(getattr(one, "__wrapped__", None))
        for cell in getattr(one, "__closure__", None) or ():
            try:
                left.append(cell.cell_contents)
            except ValueError:  # a name that was never bound
                continue
    return found
