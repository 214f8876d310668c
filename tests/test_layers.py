"""The architecture, as a test: imports point one way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src" / "homeport"

MAY_IMPORT = {
    "errors": "",
    "worker": "",
    "domain": "errors",
    "store": "domain errors",
    "environments": "domain errors",
    "inspection": "domain errors",
    "runtimes": "domain errors",
    "scoring": "worker.wire domain errors",
    "sdk": "runtimes environments inspection store domain errors",
    "azureml": "sdk errors",
    "cli": "azureml sdk domain errors",
    "__init__": "sdk errors",
    "__main__": "cli",
}


def own_imports() -> Iterator[tuple[str, str, str]]:
    """(file, its layer, the layer it imports); `worker.wire` counts as a layer of its own."""
    for path in sorted(SOURCE.rglob("*.py")):
        layer = path.relative_to(SOURCE).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for name in imported_names(node):
                seen = layer_of(name)
                if seen and seen != layer:
                    yield str(path.relative_to(SOURCE)), layer, seen


def imported_names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def layer_of(name: str) -> str:
    parts = name.split(".")
    if parts[0] != "homeport" or len(parts) == 1:
        return ""
    return "worker.wire" if parts[1:3] == ["worker", "wire"] else parts[1]


def test_imports_point_one_way() -> None:
    wrong = [
        f"{file}: {layer} -> {seen}" for file, layer, seen in own_imports() if seen not in MAY_IMPORT[layer].split()
    ]
    assert wrong == []


def test_every_room_is_known() -> None:
    rooms = {
        path.name.removesuffix(".py")
        for path in SOURCE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert rooms == set(MAY_IMPORT)


def test_no_relative_imports_outside_the_worker() -> None:
    relative = [
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if path.relative_to(SOURCE).parts[0] != "worker"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []
