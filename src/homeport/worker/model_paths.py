"""Which files below AZUREML_MODEL_DIR a script names in plain sight: joins, slashes and f-strings of literals."""

import ast
import difflib
import os
import sys

VARIABLE = "AZUREML_MODEL_DIR"
MOST = 200  # files that are looked at for one that was meant


def named_in(tree: ast.Module):
    """(parts below the folder, line), the longest that can be read of each expression; the folder itself is ()."""
    known = {}  # name -> parts, for names that are assigned once
    assigned = [node for node in ast.walk(tree) if isinstance(node, ast.Assign) and len(node.targets) == 1]
    for node in sorted(assigned, key=lambda node: node.lineno):
        parts = parts_of(node.value, known)
        if isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            known[name] = parts if name not in known else None
    found, inside = [], set()
    for node in ast.walk(tree):  # an outer expression comes before those inside it
        if id(node) in inside or isinstance(node, ast.Name) or not isinstance(node, ast.expr):
            continue
        parts = parts_of(node, known)
        if parts is not None:
            found.append((parts, node.lineno))
            inside.update(id(inner) for inner in ast.walk(node))
    return found


def parts_of(node, known):
    """What is below the model's folder, as a tuple; None for anything else."""
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if is_folder(node):
        return ()
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Div, ast.Add)):
        return joined(parts_of(node.left, known), [node.right])
    if isinstance(node, ast.JoinedStr) and len(node.values) > 1 and isinstance(node.values[0], ast.FormattedValue):
        return joined(parts_of(node.values[0].value, known), node.values[1:])
    if isinstance(node, ast.Call) and node.args:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in ("Path", "str", "abspath", "realpath") and len(node.args) == 1:
            return parts_of(node.args[0], known)
        if name == "join":
            return joined(parts_of(node.args[0], known), node.args[1:])
        if name == "joinpath" and isinstance(node.func, ast.Attribute):
            return joined(parts_of(node.func.value, known), node.args)
    return None


def joined(parts, nodes):
    if parts is None:
        return None
    for node in nodes:
        text = literal(node)
        if text is None:
            return None
        parts += tuple(part for part in text.split("/") if part)
    return parts


def is_folder(node) -> bool:
    """`os.environ["..."]`, `os.environ.get("...")`, `os.getenv("...")`."""
    if isinstance(node, ast.Subscript):
        index = getattr(node.slice, "value", node.slice) if sys.version_info < (3, 9) else node.slice
        return literal(index) == VARIABLE
    if isinstance(node, ast.Call) and node.args and isinstance(node.func, (ast.Attribute, ast.Name)):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        return name in ("get", "getenv") and literal(node.args[0]) == VARIABLE
    return False


def literal(node):
    """The text of a string literal, in the words of every Python's `ast`."""
    if sys.version_info < (3, 8):
        return node.s if isinstance(node, ast.Str) else None
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def nearest(folder: str, parts):
    """What may have been meant, as a hint."""
    if not os.path.isdir(folder):
        return "the folder itself is not there: check `--model-dir`"
    files = []
    for here, _, names in os.walk(folder):
        files += [os.path.relpath(os.path.join(here, name), folder) for name in sorted(names)]
        if len(files) > MOST:
            break
    wanted = os.path.join(*parts) if parts else ""
    same = [path for path in files if os.path.basename(path) == os.path.basename(wanted)]
    near = same or difflib.get_close_matches(wanted, files, n=1)
    if near:
        return "there is `%s`" % near[0]
    return "there is %s" % (", ".join("`%s`" % path for path in files[:5]) or "nothing in it")
