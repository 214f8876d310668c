"""What can be said of an entry script without running it: `homeport check`, inside the model's own Python.

Prints a JSON object: `python`, and `findings`, each with `check`, `message`, and where they are known `file`, `line`,
`missing` (a module's full name) and `hint`.
"""

import ast
import importlib.util
import json
import os
import sys

from . import aliases, model_paths
from .once import stdout_apart
from .script import HEADERS_ARGUMENT, prepare_path

NEED_FLASK = ("aml_request", "aml_response")  # the ends of names that we answer with flask
FORGIVING = ("ImportError", "ModuleNotFoundError", "Exception", "BaseException")
MOST_FILES = 200


def main(fd: int) -> None:
    """Check what the JSON object on `fd` names under `start`."""
    with os.fdopen(fd, "rb") as source:
        start = json.loads(source.read().decode("utf-8"))["start"]
    answers = stdout_apart()
    prepare_path([os.getcwd(), start["app_root"], start["source_directory"]], start["entry_script"])
    aliases.install()
    found = {"python": "%d.%d.%d" % sys.version_info[:3], "findings": findings_of(start["entry_script"])}
    answers.write(json.dumps(found).encode("ascii"))
    answers.flush()


def findings_of(script: str):
    try:
        tree = parse(script)
    except (SyntaxError, ValueError) as wrong:
        message, line = getattr(wrong, "msg", str(wrong)), getattr(wrong, "lineno", None)
        return [{"check": "syntax", "message": message, "file": script, "line": line}]
    return functions(tree, script) + imports(tree, script) + paths(tree, script)


def parse(path: str) -> ast.Module:
    with open(path, "rb") as source:
        return ast.parse(source.read(), path)


def functions(tree: ast.Module, script: str):
    """init() and run() as they are written; names that are bound in another way are left to the start itself."""
    found = []
    defined = {node.name: node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    for name in ("init", "run"):
        if name not in defined and not is_bound(tree, name):
            hint = "write `def init():`" if name == "init" else "write `def run(data):`"
            found.append({"check": "functions", "message": "there is no function `%s()`" % name, "hint": hint})
    for name, fault in (("init", init_fault), ("run", run_fault)):
        wrong = fault(defined[name]) if name in defined else None
        if wrong is not None:
            found.append({"check": "functions", "message": wrong[0], "hint": wrong[1], "line": defined[name].lineno})
    return [dict(finding, file=script) for finding in found]


def is_bound(tree: ast.Module, name: str) -> bool:
    """By an import, an assignment, or inside a top-level `if` or `try`; `driver_module` brings its own run()."""
    for node in ast.walk(tree):
        if isinstance(node, ast.alias) and (node.asname or node.name) in (name, "*"):
            return True
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in (name, "driver_module"):
            return True
        if isinstance(node, ast.alias) and (node.asname or node.name) == "driver_module":
            return True
    nested = [node for node in tree.body if isinstance(node, (ast.If, ast.Try))]
    inside = [inner for node in nested for inner in ast.walk(node)]
    return any(isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name for node in inside)


def init_fault(node):
    if isinstance(node, ast.AsyncFunctionDef):
        return "init() is async", "make it a plain function: only run() may be async"
    if len(node.args.args) > len(node.args.defaults):
        return "init() is called without arguments, and takes some", "write `def init():`"
    return None


def run_fault(node):
    told = node.args
    for wrong, words in (
        (getattr(told, "posonlyargs", None), "positional-only arguments"),
        (told.vararg, "`*args`"),
        (told.kwarg, "`**kwargs`"),
    ):
        if wrong:
            return "run() takes %s" % words, "give it one named argument for the data: `def run(data):`"
    names = [argument.arg for argument in told.args + told.kwonlyargs]
    if not [name for name in names if name != HEADERS_ARGUMENT]:
        return "run() takes no data argument", "write `def run(data):`"
    needed = [argument.arg for argument in told.args[: len(told.args) - len(told.defaults)]]
    if not node.decorator_list and len([name for name in needed if name != HEADERS_ARGUMENT]) > 1:
        return "run() needs more than one argument, and only the first is filled", "give the others defaults"
    return None


class Imports(ast.NodeVisitor):
    """(module, names, line, whether the script goes on without it) of every absolute import."""

    def __init__(self) -> None:
        self.found = []
        self._optional = 0

    def visit_Import(self, node) -> None:
        self.found += [(alias.name, [], node.lineno, self._optional > 0) for alias in node.names]

    def visit_ImportFrom(self, node) -> None:
        if not node.level and node.module:
            names = [alias.name for alias in node.names]
            self.found.append((node.module, names, node.lineno, self._optional > 0))

    def visit_Try(self, node) -> None:
        forgiven = any(catches_import_errors(handler) for handler in node.handlers)
        self._optional += forgiven
        for inner in node.body:
            self.visit(inner)
        self._optional -= forgiven
        for inner in node.handlers + node.orelse + node.finalbody:
            self.visit(inner)

    def visit_If(self, node) -> None:
        named = node.test.attr if isinstance(node.test, ast.Attribute) else getattr(node.test, "id", "")
        for inner in ([] if named == "TYPE_CHECKING" else node.body) + node.orelse:
            self.visit(inner)


def catches_import_errors(handler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or getattr(kind, "id", "") in FORGIVING for kind in kinds)


def imports(tree: ast.Module, script: str):
    """What is imported by the script and by modules beside it, and cannot be found; nothing is run to find out."""
    found, left, seen = [], [(tree, script)], {os.path.abspath(script)}
    own = [os.path.abspath(folder) for folder in (os.getcwd(), os.path.dirname(script))]
    while left and len(seen) < MOST_FILES:
        one, path = left.pop(0)
        walk = Imports()
        walk.visit(one)
        for module, names, line, optional in walk.found:
            missing = fault_of(module, names)
            if missing is not None and not optional:
                found.append(dict(missing, check="imports", file=path, line=line))
            for beside in files_of(module, names):
                if beside not in seen and any(beside.startswith(folder + os.sep) for folder in own):
                    seen.add(beside)
                    left += parsed(beside)
    return found


def parsed(path: str):
    try:
        return [(parse(path), path)]
    except (SyntaxError, ValueError, OSError):
        return []  # whoever imports it will be told


def spec_of(top: str):
    try:
        return importlib.util.find_spec(top)
    except (ImportError, ValueError, AttributeError):
        return None


def fault_of(module: str, names):
    """None for a module that would be found."""
    top = module.split(".")[0]
    spec = spec_of(top)
    if spec is None:
        return {"message": "`%s` is not installed" % top, "missing": module}
    if spec.origin != "homeport":
        return None
    if module not in aliases.CONTENTS:
        hint = "an entry script needs `azureml.core.model` at most: take the import out, or install the package"
        return {"message": "`%s` is not installed" % module, "hint": hint}
    if module.endswith(NEED_FLASK) or module.endswith(".api"):
        return None if spec_of("flask") else {"message": "`%s` needs flask" % module, "missing": "flask"}
    given = aliases.CONTENTS[module]()
    absent = [name for name in names if name not in given and module + "." + name not in aliases.CONTENTS]
    if not absent:
        return None
    hint = "scoring needs no workspace: take the import out, or install the package"
    return {"message": "`%s` has no `%s` for entry scripts" % (module, absent[0]), "hint": hint}


def files_of(module: str, names):
    """The Python files, of those that are there, that importing a module of the user's would run."""
    top, _, rest = module.partition(".")
    spec = spec_of(top)
    if spec is None or not spec.origin or "site-packages" in spec.origin:
        return []
    found = [spec.origin]
    for folder in spec.submodule_search_locations or []:
        inside = os.path.join(folder, *rest.split(".")) if rest else folder
        for path in [inside] + [os.path.join(inside, name) for name in names]:
            found += [path + ".py", os.path.join(path, "__init__.py")]
    return [os.path.abspath(path) for path in found if path.endswith(".py") and os.path.isfile(path)]


def paths(tree: ast.Module, script: str):
    """Files of the model that the script names and that are not there."""
    folder = os.environ.get("AZUREML_MODEL_DIR")
    named = model_paths.named_in(tree)
    if not named:
        return []
    if not folder:
        hint = "name the model's folder with `--model-dir`"
        message = "the script reads AZUREML_MODEL_DIR, which is not set"
        return [{"check": "model", "message": message, "hint": hint, "file": script, "line": named[0][1]}]
    found = []
    for parts, line in named:
        path = os.path.join(folder, *parts)
        if not os.path.exists(path):
            message = "`%s` is not in the model's folder `%s`" % (os.path.join(*parts) if parts else "", folder)
            hint = model_paths.nearest(folder, parts)
            found.append({"check": "model", "message": message, "hint": hint, "file": script, "line": line})
    return found
