"""Keras models: HDF5 (`.h5`), the zip that Keras 3 and late Keras 2 write (`.keras`), and weights alone."""

from __future__ import annotations

import builtins
import json
import re
from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

from homeport.domain.findings import Findings, Needed, Risk, Sure
from homeport.errors import UnreadableModelError
from homeport.inspection.archive import Archive
from homeport.inspection.hdf5 import Top, read_top
from homeport.inspection.source import Source

# what tf.keras calls itself -> the releases of TensorFlow that it is part of; from 2.5 on the numbers are the same
_PARTS = {
    "2.0.8-tf": ">=1.4,<1.5", "2.1.2-tf": ">=1.5,<1.6", "2.1.3-tf": ">=1.6,<1.7", "2.1.4-tf": ">=1.7,<1.8",
    "2.1.5-tf": ">=1.8,<1.9", "2.1.6-tf": ">=1.9,<1.13", "2.2.4-tf": ">=1.13,<2.2", "2.3.0-tf": ">=2.2,<2.3",
    "2.4.0": ">=2.3,<2.5",
}  # fmt: skip
_CONFIG = 16 << 20
_VISITS = 500_000  # parts of a configuration that are looked at
_VERSION = re.compile(
    r"(?P<major>\d{1,4})\.(?P<minor>\d{1,4})(?:\.\d{1,9}){0,2}(?:[a-z]{1,4}\d{0,9})?(?:-tf)?", re.ASCII
)
# where the functions are that layers, losses and metrics name; Keras takes one from any module, and calls it
_FUNCTIONS = re.compile(
    r"(?:keras|tf_keras|keras_core|tensorflow\.keras|tensorflow\.python\.keras)(?:\.src|\.api|\._tf_keras|\.keras|\.v2)*"
    r"\.(?:activations|backend|constraints|initializers|losses|metrics|ops|regularizers)(?:\.[\w.]*)?"
)
_RUNNING = {"TorchModuleWrapper": "holds a pickle", "TFSMLayer": "loads another model from wherever it says"}
_NAMESAKES = {"abs", "all", "any", "max", "min", "round", "sum"}  # of Keras' and of Python's: they calculate
_OWN = re.compile(r"(?:keras|tensorflow|tf_keras|keras_core)(?:\.[\w.]*)?|builtins")


def read_hdf5(source: Source, start: int, allowed: Collection[str]) -> Findings:
    """A Keras model where its attributes say so; otherwise HDF5, of which no more is known."""
    top = read_top(source, start)
    version, config = top.texts.get("keras_version"), top.texts.get("model_config")
    if version is None and config is None:
        return _other(top)
    sure: Sure = "certain" if version else "likely"
    facts: dict[str, Any] = {"keras_version": version, "backend": top.texts.get("backend")}
    if config is None:
        facts["weights_only"] = True
        return _findings("keras-h5-weights", facts, None, allowed, sure)
    return _findings("keras-h5", facts, config, allowed, sure)


def read_keras(archive: Archive, allowed: Collection[str]) -> Findings:
    """`metadata.json`, `config.json` and, not looked at, `model.weights.h5`."""
    said: dict[str, Any] = {}
    for name in ("metadata.json", "config.json"):
        member = archive.find(name)
        said[name] = archive.read(member, _CONFIG).decode("utf-8", "replace") if member else ""
    about = _parsed(said["metadata.json"])
    facts = {"keras_version": str(about.get("keras_version") or "") or None, "saved": about.get("date_saved")}
    return _findings("keras", facts, said["config.json"], allowed, "certain")


def config_risks(text: str, allowed: Collection[str]) -> tuple[Risk, ...]:
    """What building a model from its configuration would run: byte code in it, or what some module has."""
    risks = {}
    for part in _objects(_parsed(text)):
        name = part.get("class_name")
        if name in ("Lambda", "__lambda__"):
            why = "a Lambda layer: loading it makes a function of byte code that is in the file"
            risks["keras Lambda"] = Risk(name="keras Lambda", danger="runs_code", why=why)
        module = part.get("module")
        if isinstance(name, str) and name in _RUNNING:
            risks[f"keras {name}"] = Risk(name=f"keras {name}", danger="runs_code", why=f"the layer {_RUNNING[name]}")
        if name == "function" and isinstance(module, str) and _is_odd_function(module, part.get("config")):
            why = "its configuration names a function that is none of Keras' for layers: loading it may call that"
            odd = f"{module}.{str(part.get('config'))[:200]}"
            risks[odd] = Risk(name=odd, danger="runs_code", why=why)
        elif isinstance(module, str) and isinstance(name, str) and not _OWN.fullmatch(module):
            why = "its configuration names something that is not part of Keras, to be imported when it is loaded"
            risks[f"{module}.{name}"] = Risk(name=f"{module}.{name}", danger="unknown", why=why)
    return tuple(risks[name] for name in sorted(risks) if name not in allowed)


def _is_odd_function(module: str, name: object) -> bool:
    """Under `builtins` Keras writes its own functions, and finds Python's: `exec`."""
    if module == "builtins":
        return not isinstance(name, str) or (hasattr(builtins, name) and name not in _NAMESAKES)
    return _OWN.fullmatch(module) is not None and _FUNCTIONS.fullmatch(module) is None


def keras_needed(version: str | None, backend: str | None, sure: Sure) -> list[Needed]:
    """Keras as part of TensorFlow, as a distribution of its own, or both."""
    found = _VERSION.fullmatch(version or "")
    if version is None or found is None:
        return [Needed(distribution="tensorflow", why="the file's format", sure="likely")]
    why = f"`keras_version` {version} in the file"
    major, minor = int(found["major"]), int(found["minor"])
    if version in _PARTS:
        needed = [Needed(distribution="tensorflow", specifier=_PARTS[version], why=why, sure=sure)]
    elif major >= 3:
        needed = [Needed(distribution="keras", specifier=f"=={version}", why=why, sure=sure)]
        of = "tensorflow" if backend is None else {"jax": "jax", "torch": "torch"}.get(backend, "tensorflow")
        said = "`backend` in the file" if backend else "Keras needs a backend, and its own default is this one"
        needed.append(Needed(distribution=of, why=said, sure="likely" if backend else "guess"))
    elif (major, minor) >= (2, 5):
        needed = [Needed(distribution="tensorflow", specifier=f"=={major}.{minor}.*", why=why, sure=sure)]
    else:
        needed = [Needed(distribution="keras", specifier=f"=={version}", why=why, sure=sure)]
        if backend in (None, "tensorflow"):
            needed.append(Needed(distribution="tensorflow", specifier="<2.3", why=f"Keras {version}", sure="likely"))
    if (major, minor) < (2, 5):
        old = "Keras before 2.5 reads its files with h5py 2 only"
        needed.append(Needed(distribution="h5py", specifier="<3", why=old, sure="likely"))
    return needed


def _findings(form: str, facts: dict[str, Any], config: str | None, allowed: Collection[str], sure: Sure) -> Findings:
    version, backend = facts.get("keras_version"), facts.get("backend")
    parsed = _parsed(config or "")
    if config is not None and not parsed:
        facts["damaged"] = "its configuration is not JSON"
    name = parsed.get("class_name")
    saved = re.match(r"(\d{4})-(\d\d)-(\d\d)", str(facts.get("saved") or ""))
    return Findings(
        format=form,
        framework="TfKeras" if backend in (None, "tensorflow") else "Keras",
        framework_version=version,
        model_class=f"keras.{name}" if isinstance(name, str) else None,
        needed=tuple(keras_needed(version, backend, sure)),
        risks=config_risks(config or "", allowed),
        not_before=_date(saved),
        facts={key: value for key, value in {**facts, **_layers(parsed)}.items() if value is not None},
    )


def _other(top: Top) -> Findings:
    if {"vars", "layers"} <= set(top.names) or "_layer_checkpoint_dependencies" in top.names:
        why = "the names in it are those that Keras gives to weights"
        needed = Needed(distribution="keras", why=why, sure="likely")
        facts = {"weights_only": True, "groups": top.names[:50]}
        return Findings(format="keras-h5-weights", framework="TfKeras", needed=(needed,), facts=facts)
    told = {"groups": top.names[:50], "attributes": top.attributes[:50]}
    needed = Needed(distribution="h5py", why="the file's format", sure="likely")
    return Findings(format="hdf5", needed=(needed,), facts={key: value for key, value in told.items() if value})


def _layers(config: dict[str, Any]) -> dict[str, Any]:
    inner = config.get("config")
    layers = inner.get("layers") if isinstance(inner, dict) else inner
    if not isinstance(layers, list):
        return {}
    kinds = [layer.get("class_name") for layer in layers if isinstance(layer, dict)]
    told: dict[str, Any] = {"layers": [str(kind)[:100] for kind in kinds[:100]]}
    for part in _objects(config):
        for key in ("batch_input_shape", "batch_shape"):
            if isinstance(part.get(key), list):
                return {**told, "input_shape": part[key][:10]}
    return told


def _parsed(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text) if len(text) <= _CONFIG else None
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _objects(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every object in it, the outer ones first."""
    waiting: list[Any] = [document]
    for _ in range(_VISITS):
        if not waiting:
            return
        part = waiting.pop(0) if len(waiting) < 1000 else waiting.pop()
        if isinstance(part, dict):
            yield part
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    raise UnreadableModelError("its configuration has more parts than any model's: it is not read on")


def _date(found: re.Match[str] | None) -> date | None:
    try:
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None
