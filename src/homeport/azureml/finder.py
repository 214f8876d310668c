"""The import hook: modules that exist only as a table, whose names load when they are asked for."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from homeport.azureml.table import Names, Value

NOT_HERE = "it answers what registering, deploying and scoring need, not training and data in the cloud"


class Finder(MetaPathFinder):
    """Finds the modules of a table, and no others."""

    def __init__(self, modules: Mapping[str, Names]) -> None:
        self._modules = modules
        self._roots = {name for name in modules if "." not in name}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's spec; another name below our roots is a `ModuleNotFoundError`."""
        if fullname in self._modules:
            inner = _inner(fullname, self._modules)
            loader = _Loader(self._modules[fullname], inner)
            return ModuleSpec(fullname, loader, origin="homeport.azureml", is_package=True)
        root = fullname.partition(".")[0]
        if root in self._roots and isinstance(getattr(sys.modules.get(root), "__loader__", None), _Loader):
            raise unknown(fullname, self._modules)
        return None


def unknown(fullname: str, modules: Mapping[str, Names]) -> ImportError:
    """What `import` is told of a name that is not answered.

    `from azureml.core import Foo` asks for a module `azureml.core.Foo` too, and forgives a ModuleNotFoundError of that
    name: then all it says is "unknown location". So a name that is written as a class is an ImportError.
    """
    parent, _, name = fullname.rpartition(".")
    if name[:1].isupper() and parent in modules:
        elsewhere = [module for module, names in modules.items() if name in names]
        near = get_close_matches(name, modules[parent], n=3, cutoff=0.7)
        if elsewhere:
            hint = f"it is in `{elsewhere[0]}`"
        elif near:
            hint = f"there is {' and '.join(f'`{one}`' for one in near)}"
        else:
            hint = NOT_HERE
        return ImportError(
            f"cannot import name '{name}' from '{parent}': Homeport has no such name, {hint}", name=parent
        )
    near = get_close_matches(fullname, modules, n=1, cutoff=0.85)
    hint = f"there is `{near[0]}`" if near else NOT_HERE
    return ModuleNotFoundError(f"Homeport has no `{fullname}`: {hint}", name=fullname)


def _inner(fullname: str, modules: Mapping[str, Names]) -> set[str]:
    """The names of the modules right below a module."""
    below = (name.removeprefix(f"{fullname}.") for name in modules if name.startswith(f"{fullname}."))
    return {name.partition(".")[0] for name in below}


class _Loader(Loader):
    def __init__(self, names: Names, inner: set[str]) -> None:
        self._names = names
        self._inner = inner

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        names, inner = self._names, self._inner

        def find(name: str) -> Any:
            if name in names:
                found = _resolved(names[name])
                setattr(module, name, found)
                return found
            if name in inner:
                return importlib.import_module(f"{module.__name__}.{name}")
            raise AttributeError(f"module `{module.__name__}` has no attribute `{name}`")

        module.__doc__ = "Answered by Homeport."
        module.__dict__["__getattr__"] = find
        module.__dict__["__dir__"] = lambda: sorted({*names, *inner, "__all__", "__doc__", "__name__"})
        module.__dict__["__all__"] = sorted(name for name, target in names.items() if isinstance(target, str))


def _resolved(target: str | Value) -> Any:
    if isinstance(target, Value):
        return target.value
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(f"homeport.{module}"), name)
