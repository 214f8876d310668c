"""Which of the globals that a file names are a risk. One rule for every format that holds pickles.

What is harmless is on our list or on the workspace's; a file never adds to either. Anything else is `unknown`, or
`runs_code` where it is known to run what the file says.
"""

from __future__ import annotations

import _compat_pickle
from collections.abc import Collection, Iterable

from homeport.domain.findings import Danger, Risk
from homeport.inspection.globals_harmless import is_harmless
from homeport.inspection.globals_risky import why_risky
from homeport.inspection.pickle_values import GlobalName, printable


def risks_of(globals_: Iterable[GlobalName], allowed: Collection[str] = ()) -> tuple[Risk, ...]:
    """A risk for every global that is on no list of harmless ones, by name; `allowed` are exact "module.name"s."""
    risks = {str(name): risk_of(name) for name in globals_ if str(name) not in allowed}
    return tuple(risk for _, risk in sorted(risks.items()) if risk is not None)


def risk_of(name: GlobalName) -> Risk | None:
    """What there is against this one, or None where it is known to be harmless."""
    module, plain = as_python_3(name)
    if is_harmless(module, plain):
        return None
    why = why_risky(module, plain)
    danger: Danger = "runs_code" if why else "unknown"
    return Risk(name=str(name), danger=danger, why=why or _why_unknown(module))


def as_python_3(name: GlobalName) -> GlobalName:
    """The name that unpickling a protocol below 3 really imports: `__builtin__.eval` is `builtins.eval`."""
    if (name.module, name.name) in _compat_pickle.NAME_MAPPING:
        return GlobalName(*_compat_pickle.NAME_MAPPING[(name.module, name.name)])
    return GlobalName(_compat_pickle.IMPORT_MAPPING.get(name.module, name.module), name.name)


def _why_unknown(module: str) -> str:
    if module == "__main__":
        return "is defined in the script that wrote the file: nothing is known of it"
    return f"nothing is known of this name: importing `{printable(module.split('.')[0])}` and calling it runs that code"
