"""Folders: which file in them is the model, what lies beside it, and what all of them together need and would run."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from homeport.domain.findings import Findings, Needed, Risk
from homeport.inspection import mlflow_folders
from homeport.inspection.embedded import unread, with_inner
from homeport.inspection.formats import inspect_source
from homeport.inspection.imports import WELL_KNOWN
from homeport.inspection.keras import config_risks
from homeport.inspection.requirement_files import read_requirements
from homeport.inspection.source import opened

_MOST = 10_000  # entries of a folder that are looked at
_INSPECTED = 2000  # files whose content is
_LISTED = 50
_DEEP = 8  # folders below each other
_NOT_MODELS = (".py", ".pyc", ".md", ".rst", ".ipynb", ".sh", ".so", ".lock", ".toml", ".cfg", ".ini", ".csv")

# besides those that models are made of: what servers and writers of requirement files add
_ORDINARY = WELL_KNOWN | frozenset(
    """
    azure-ml-api-sdk azureml-core azureml-defaults azureml-inference-server-http boto3 certifi cffi click defusedxml
    dill gunicorn inference-schema ipython jinja2 lz4 pip pyspark python rich tensorflow-intel wheel zstandard
    """.split()  # noqa: SIM905 - a list of names reads better as words
)

# how good a file of that format is as the model of its folder; others are as good as 5
_RANKS = {"npy": 2, "npz": 2, "hdf5": 2, "keras-h5-weights": 2, "safetensors": 3, "torch": 4, "torch-legacy": 4}


@dataclass
class Content:
    """What a folder has, by paths in it; links to folders are not followed, and links out of it are left alone."""

    files: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    more: bool = False  # there is more than was looked at


def inspect_folder(folder: Path, allowed: Collection[str], only: Sequence[str] | None = None) -> Findings:
    """The findings on its model, with what all files together need, and facts on what lies beside."""
    content = list_folder(folder)
    if only is not None:
        wanted = tuple(os.path.normpath(path) for path in only)
        content.files = [path for path in content.files if _is_among(path, wanted)]
    top = _top(content, mlflow_folders.FILE)
    if top is not None:
        return _mlflow(folder, top, content, allowed)
    top = _top(content, "saved_model.pb")
    if top is not None:
        return _saved_model(folder, top, content, allowed)
    inspected = dict(_inspected(folder, content.files, allowed))
    model = _best(inspected)
    if model is None:
        facts = {"looks_like": _no_model(content, inspected), **_beside(content)}
        found = Findings(format="unknown", facts=facts, size=_size(folder, content))
        return with_inner(found, list(inspected.values()))
    found = inspected.pop(model)
    facts = {**found.facts, "model_file": model, **_others(inspected), **_beside(content)}
    if as_good := _as_good(model, found, inspected):
        facts["as_good"] = [model, *as_good[:_LISTED]]
    return _with_surroundings(folder, replace(found, facts=facts), list(inspected.values()), content)


def list_folder(folder: Path) -> Content:
    """Its files, the shallow ones first, in the order of their names."""
    content = Content()
    waiting = [("", 0)]
    seen = 0
    while waiting:
        below, depth = waiting.pop(0)
        with os.scandir(folder / below) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        for entry in found:
            seen += 1
            if seen > _MOST:
                content.more = True
                return content
            path = f"{below}{entry.name}"
            if entry.is_symlink() and not _leads_inside(folder, Path(entry.path)):
                content.left_out.append(path)
            elif entry.is_dir(follow_symlinks=False):
                if depth < _DEEP and entry.name not in ("__pycache__", ".git"):
                    waiting.append((f"{path}/", depth + 1))
            elif entry.is_file():
                content.files.append(path)
    return content


def _is_among(path: str, wanted: tuple[str, ...]) -> bool:
    return "." in wanted or any(path == each or path.startswith(f"{each}/") for each in wanted)


def _leads_inside(folder: Path, link: Path) -> bool:
    """A link to a file in the same folder is as good as the file; others may lead anywhere."""
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):
        return False
    return target.is_file() and target.is_relative_to(folder.resolve())


def _inspected(folder: Path, files: list[str], allowed: Collection[str]) -> Iterator[tuple[str, Findings]]:
    """What each file is that might be a model."""
    candidates = [path for path in files if not path.endswith(_NOT_MODELS) and not _is_text_file(path)]
    if len(candidates) > _INSPECTED:
        rest = unread("the rest of the folder", f"it has more than {_INSPECTED:,} files that may be models")
        yield "", replace(rest, format="unknown", facts={})
    for path in candidates[:_INSPECTED]:
        with opened(folder / path) as source:
            found = inspect_source(source, allowed)
        if found.format != "unknown" or found.facts.get("git_lfs") or found.risks:
            yield path, found


def _is_text_file(path: str) -> bool:
    return path.rpartition("/")[2].lower() in ("license", "readme", "makefile", "dockerfile", ".gitattributes")


def _best(inspected: dict[str, Findings]) -> str | None:
    """The one that is loaded: a whole model before weights or arrays, `model` in its name, not deep, then by name."""
    models = {path: found for path, found in inspected.items() if found.format != "unknown"}
    if not models:
        return None
    return min(models, key=lambda path: (*_order(path, models[path]), path))


def _order(path: str, found: Findings) -> tuple[int, int, bool]:
    return -_rank(found), path.count("/"), "model" not in path.lower()


def _as_good(model: str, found: Findings, others: dict[str, Findings]) -> list[str]:
    """Models that only the alphabet puts after the chosen one; data that somebody pickled are none."""
    best = _order(model, found)
    return [path for path, other in others.items() if other.framework and _order(path, other) == best]


def _rank(found: Findings) -> int:
    if "damaged" in found.facts:
        return 0
    return 3 if found.facts.get("weights_only") else _RANKS.get(found.format, 5)


def _top(content: Content, name: str) -> str | None:
    """The folder, as a path, that has a file of that name: the shallowest."""
    paths = [path for path in content.files if path == name or path.endswith(f"/{name}")]
    return min(paths, key=lambda path: path.count("/")).removesuffix(name) if paths else None


def _mlflow(folder: Path, top: str, content: Content, allowed: Collection[str]) -> Findings:
    outer, paths = mlflow_folders.read_mlmodel(folder / top, allowed)
    inspected = dict(_inspected(folder, content.files, allowed))
    inspected |= _named(folder, [f"{top}{path}" for path in paths], inspected, allowed)
    named = [file for path in paths for file in inspected if file == f"{top}{path}" or file.startswith(f"{top}{path}/")]
    model = named[0] if named else _best(inspected)
    inner = inspected.pop(model) if model else None
    facts = {**outer.facts, **_others(inspected), **_beside(content)}
    if inner is not None:
        told = {key: value for key, value in inner.facts.items() if key not in facts}
        facts |= {**told, "model_file": model, "model_format": inner.format}
        outer = replace(
            outer,
            framework=outer.framework or inner.framework,
            framework_version=outer.framework_version or inner.framework_version,
            model_class=inner.model_class,
            protocol=inner.protocol,
        )
    others = [*([inner] if inner else []), *inspected.values()]
    return _with_surroundings(folder / top, replace(outer, facts=facts), others, content)


def _named(
    folder: Path, paths: Sequence[str], inspected: Collection[str], allowed: Collection[str]
) -> dict[str, Findings]:
    """Files that are loaded because they are named, whatever they are called and wherever they lie."""
    found: dict[str, Findings] = {}
    for path in paths:
        file = folder / path
        if path in inspected or not file.is_file():
            continue
        if not file.resolve().is_relative_to(folder.resolve()):
            found[path] = unread(path, "it lies outside of the folder")
            continue
        with opened(file) as source:
            found[path] = with_files_beside(file.parent, inspect_source(source, allowed), allowed)
    return found


def with_files_beside(folder: Path, found: Findings, allowed: Collection[str]) -> Findings:
    """With what the files would run that joblib before 0.10 kept arrays in, and loads with the model."""
    others = []
    for name in found.facts.get("files_beside", ()):
        file = folder / name
        if file.is_file():
            with opened(file) as source:
                others.append(Findings(format="", risks=inspect_source(source, allowed).risks))
    return with_inner(found, others)


def _saved_model(folder: Path, top: str, content: Content, allowed: Collection[str]) -> Findings:
    path = f"{top}saved_model.pb"
    with opened(folder / path) as source:
        found = inspect_source(source, allowed)
    facts = {**found.facts, "model_file": path, **_beside(content)}
    if f"{top}keras_metadata.pb" in content.files:
        facts["keras"] = True
        found = replace(found, framework="TfKeras", risks=(*found.risks, *_keras_risks(folder / top, allowed)))
    if not any(name.startswith(f"{top}variables/") for name in content.files):
        facts["damaged"] = "its `variables` folder is not there: only a part of the model was copied"
    return _with_surroundings(folder, replace(found, facts=facts), [], content)


def _keras_risks(folder: Path, allowed: Collection[str]) -> tuple[Any, ...]:
    """Keras keeps each layer's configuration in this file, as JSON among other things."""
    with opened(folder / "keras_metadata.pb") as source:
        text = source.head(16 << 20)
    if b'"class_name": "Lambda"' in text or b'"class_name":"Lambda"' in text:
        return config_risks('{"class_name": "Lambda"}', allowed)
    return ()


def _with_surroundings(folder: Path, found: Findings, others: list[Findings], content: Content) -> Findings:
    """With requirement files, and modules of the folder's own that are no distributions."""
    needed, pythons, files = read_requirements(folder)
    modules = _modules(content)
    facts = dict(found.facts)
    if files:
        facts["requirement_files"] = files
    if modules:
        facts["modules_beside"] = modules
    said = {each.distribution for each in needed}
    found = with_inner(replace(found, facts=facts, size=_size(folder, content)), others)
    found_here = [each for each in found.needed if each.distribution not in said or each.specifier]
    own = {canonicalize_name(module) for module in modules}
    found = replace(found, needed=(), pythons=(*pythons, *found.pythons))
    kept = [each for each in (*needed, *found_here) if each.distribution not in own]
    tops = {name.partition(".")[0] for name in found.globals}
    surprises = [*_shadows(tops & set(modules), found.risks), *_strangers(needed)]
    return with_inner(
        replace(found, own_modules=tuple(sorted({*found.own_modules, *(tops & set(modules))}))),
        [Findings(format="", needed=tuple(kept), risks=tuple(surprises))],
    )


def _shadows(modules: Collection[str], risks: Sequence[Risk]) -> Iterator[Risk]:
    """Names that are harmless in a library are the folder's own code where it brings a module of that name."""
    told = {risk.name.partition(".")[0] for risk in risks}
    for module in sorted(modules):
        if module not in told:
            why = "the folder brings a module of that name, which is imported in place of the library"
            yield Risk(name=module, danger="runs_code", why=why)


def _strangers(needed: Sequence[Needed]) -> Iterator[Risk]:
    """Installing a package can run what it brings: that a model's folder asks for one is no reason to trust it."""
    for name in sorted({each.distribution for each in needed} - _ORDINARY):
        why = "a requirement file beside the model has it installed, and nothing is known of it"
        yield Risk(name=f"package {name}", danger="unknown", why=why)


def _modules(content: Content) -> list[str]:
    """Modules and packages at the top of the folder, or of one named `code` or `src` in it."""
    names = set()
    for path in content.files:
        parts = path.split("/")
        if parts[0] in ("code", "src") and len(parts) > 1:
            parts = parts[1:]
        if len(parts) == 1 and parts[0].endswith(".py"):
            names.add(parts[0].removesuffix(".py"))
        elif len(parts) == 2 and parts[1] == "__init__.py":
            names.add(parts[0])
    return sorted(name for name in names if name.isidentifier())[:_LISTED]


def _size(folder: Path, content: Content) -> int:
    return sum(path.stat().st_size for path in (folder / name for name in content.files) if path.is_file())


def _others(inspected: dict[str, Findings]) -> dict[str, Any]:
    told = [{"file": path, "format": found.format} for path, found in list(inspected.items())[:_LISTED]]
    return {"other_files": told} if told else {}


def _beside(content: Content) -> dict[str, Any]:
    facts: dict[str, Any] = {"files": len(content.files)}
    if content.left_out:
        facts["left_out"] = content.left_out[:_LISTED]
    if content.more:
        facts["more_files"] = True
    return facts


def _no_model(content: Content, inspected: dict[str, Findings]) -> str:
    pointers = [path for path, found in inspected.items() if found.facts.get("git_lfs")]
    if pointers:
        said = inspected[pointers[0]].facts["looks_like"]
        return f"a folder whose `{pointers[0]}` is {said}"
    if not content.files:
        return "an empty folder"
    names = ", ".join(f"`{path}`" for path in content.files[:3])
    return f"a folder of {len(content.files)} files without a model: {names}{' ...' if len(content.files) > 3 else ''}"
