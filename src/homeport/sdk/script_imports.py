"""What an entry script needs, read from its text and from that of the modules beside it; none of it is run."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from homeport.domain.findings import Needed, PythonNeeded
from homeport.errors import InvalidConfigError
from homeport.inspection.imports import distribution_of

ANSWERED = frozenset({"azureml", "azureml_inference_server_http"})  # names that the worker itself answers
FORGIVING = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
OLDEST, MINORS = (3, 6), range(6, sys.version_info[1] + 1)
ADDED = {"contextvars": "3.7", "dataclasses": "3.7", "graphlib": "3.9", "tomllib": "3.11", "zoneinfo": "3.9"}
REMOVED = {  # module -> the first Python without it; from the "what's new" pages
    "asynchat": "3.12",
    "asyncore": "3.12",
    "binhex": "3.11",
    "cgi": "3.13",
    "distutils": "3.12",
    "formatter": "3.10",
    "imp": "3.12",
    "parser": "3.10",
    "pipes": "3.13",
    "smtpd": "3.12",
    "symbol": "3.10",
    "telnetlib": "3.13",
}
MOST_FILES = 200


@dataclass(frozen=True, slots=True)
class ScriptNeeds:
    """Distributions and Pythons; `files` are the script and the modules of the user's that it reaches."""

    needed: tuple[Needed, ...]
    pythons: tuple[PythonNeeded, ...]
    files: tuple[Path, ...]


def needs_of(script: Path, folders: tuple[Path, ...]) -> ScriptNeeds:
    """Modules in `folders` are the user's own, and are read too. InvalidConfigError for a script that is no Python."""
    needed: dict[str, Needed] = {}
    pythons: dict[str, PythonNeeded] = {}
    left, seen = [script], [script]
    while left:
        file = left.pop(0)
        tree = _parsed(file, first=file is script)
        if tree is None:
            continue
        syntax = _oldest_for(file)
        if syntax is not None:
            pythons.setdefault(syntax.specifier, syntax)
        for module, line in _imports(tree):
            top = module.partition(".")[0]
            own = [found for folder in folders if (found := _file_of(folder, module)) is not None]
            fresh = [found for found in own if found not in seen]
            if own:
                left += fresh[: MOST_FILES - len(seen)]
                seen += fresh
            elif top in ADDED or top in REMOVED or top in sys.stdlib_module_names:
                clue = _python_for(top, f"{file.name}, line {line}")
                if clue is not None:
                    pythons.setdefault(clue.specifier, clue)
            elif top not in ANSWERED and (name := distribution_of(module)) is not None:
                why = f"`{file.name}` imports `{module}` in line {line}"
                needed.setdefault(name, Needed(distribution=name, why=why, sure="likely"))
    return ScriptNeeds(tuple(needed.values()), tuple(pythons.values()), tuple(seen))


def _parsed(file: Path, *, first: bool) -> ast.Module | None:
    try:
        return ast.parse(file.read_bytes(), str(file))
    except (SyntaxError, ValueError) as wrong:
        if not first:
            return None  # whoever imports it will be told
        line = getattr(wrong, "lineno", None)
        raise InvalidConfigError(
            f"`{file}` cannot be read as Python: {getattr(wrong, 'msg', wrong)} (line {line})",
            hint="mend it, or name an environment with `--environment NAME`",
        ) from wrong


def _oldest_for(file: Path) -> PythonNeeded | None:
    """The oldest Python whose grammar the file fits; None where that says nothing."""
    text = file.read_bytes()
    for minor in MINORS:
        try:
            ast.parse(text, feature_version=(3, minor))
        except SyntaxError:
            continue
        if minor == OLDEST[1]:
            return None
        return PythonNeeded(specifier=f">=3.{minor}", why=f"the syntax of `{file.name}`", sure="certain")
    return None


def _python_for(module: str, where: str) -> PythonNeeded | None:
    if module in ADDED:
        return PythonNeeded(specifier=f">={ADDED[module]}", why=f"`{module}` ({where}) came with it", sure="certain")
    if module in REMOVED:
        return PythonNeeded(specifier=f"<{REMOVED[module]}", why=f"`{module}` ({where}) went with it", sure="certain")
    return None


def _imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """(module, line) of each absolute import, but for those that the script goes on without."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, node.lineno
        elif isinstance(node, ast.Try) and any(_forgives(handler) for handler in node.handlers):
            for part in (*node.handlers, *node.orelse, *node.finalbody):
                yield from _imports(ast.Module(body=[part], type_ignores=[]) if isinstance(part, ast.stmt) else part)
        elif not (isinstance(node, ast.If) and _is_type_checking(node.test)):
            yield from _imports(node)


def _forgives(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or (isinstance(kind, ast.Name) and kind.id in FORGIVING) for kind in kinds)


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


def _file_of(folder: Path, module: str) -> Path | None:
    inside = folder.joinpath(*module.split("."))
    for path in (inside.with_suffix(".py"), inside / "__init__.py", folder / f"{module.partition('.')[0]}.py"):
        if path.is_file():
            return path
    package = folder / module.partition(".")[0]
    return package / "__init__.py" if (package / "__init__.py").is_file() else None
