"""Risks that no list of names can show: what is called with which arguments, and what the opcodes do to classes."""

from __future__ import annotations

from collections.abc import Iterable

from homeport.domain.findings import Danger, Risk
from homeport.inspection.pickle_machine import Oddity
from homeport.inspection.pickle_values import Made, called

# numpy finds a ufunc again by importing a module and taking an attribute of it: both names stand in the file.
_UFUNC_MODULES = {
    *(
        "numpy",
        "numpy.core.umath",
        "numpy.core._multiarray_umath",
        "numpy._core.umath",
        "numpy._core._multiarray_umath",
    ),
    *("scipy.special", "scipy.special._ufuncs", "scipy.special._ufuncs_cxx", "__main__"),
}


def risks_of_oddities(oddities: Iterable[Oddity]) -> list[Risk]:
    """One risk per kind of opcode, with the reason of the first."""
    return [Risk(name=each.name, danger=_danger(each), why=each.why) for each in oddities]


def _danger(oddity: Oddity) -> Danger:
    return "unknown" if oddity.name.startswith("copyreg.") else "runs_code"


def risks_of_calls(calls: Iterable[Made]) -> list[Risk]:
    """`numpy.core._ufunc_reconstruct("os", "system")` is `os.system`."""
    risks = []
    for call in calls:
        arguments = call.arguments
        plain = isinstance(arguments, tuple) and len(arguments) == 2 and all(isinstance(a, str) for a in arguments)
        if (
            plain
            and arguments[0] in _UFUNC_MODULES - {"__main__"}
            and arguments[1].isidentifier()
            and arguments[1][0] != "_"
        ):
            continue
        target = ".".join(arguments) if plain else "a name that it puts together"
        risks.append(
            Risk(name=str(called(call)), danger="runs_code", why=f"imports `{target}`, which is no function of numpy's")
        )
    return risks
