"""Risks that no list of names can show: what is called with which arguments, and what the opcodes do to classes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from homeport.domain.findings import Risk
from homeport.inspection.allowed import risk_of
from homeport.inspection.globals_harmless import is_harmless
from homeport.inspection.pickle_stack import Oddity, is_delicate
from homeport.inspection.pickle_values import Global, GlobalName, Made, Node, Pairs, called, class_of

# numpy finds a ufunc again by importing a module and taking an attribute of it: both names stand in the file.
_NUMPYS = {
    "numpy",
    "numpy.core.umath",
    "numpy.core._multiarray_umath",
    "numpy._core.umath",
    "numpy._core._multiarray_umath",
}
_SPECIAL = {"scipy.special", "scipy.special._ufuncs", "scipy.special._ufuncs_cxx"}  # functions of numbers, all of them
_UFUNC = re.compile(r"[a-z][a-z0-9_]*")
_CONSTRUCTOR = frozenset(
    "momtype a b xtol badvalue name longname shapes extradoc seed moment_tol values inc".split()  # noqa: SIM905
)
# `interp1d` keeps the method that it chose: (getattr, (the class or the object, "_call_linear")).
_INTERPOLATION = re.compile(r"scipy\.interpolate\.\w+")
_DISTRIBUTION_METHOD = re.compile(
    r"_(?:entropy|munp|rvs|stats|generic_\w+|(?:log)?(?:pdf|pmf|cdf|sf)|ppf|isf|(?:mom|ppf|cdf)_?(?:vec|single|\w*integ\w*))"
)
_INTERPOLATION_METHOD = re.compile(r"_call_\w+")
# What scipy's `_construct_argparser` writes (scipy/stats/_distn_infrastructure.py) and `__setstate__` executes.
_SHAPES = r"[\w ,=]*"  # no brackets, dots or newlines: nothing can be called, reached or added
_TEMPLATE = re.compile(
    rf"\s*def _parse_args\(self,{_SHAPES}\):\s*return \({_SHAPES}\),{_SHAPES}"
    rf"\s*def _parse_args_rvs\(self,{_SHAPES}\):\s*return self\._argcheck_rvs\({_SHAPES}\)"
    rf"\s*def _parse_args_stats\(self,{_SHAPES}moments='mv'\):\s*return \({_SHAPES}\),{_SHAPES}\s*"
)


def risks_of_oddities(oddities: Iterable[Oddity], allowed: Collection[str]) -> list[Risk]:
    """What the opcodes do that no pickler does; not again what a name at risk explains already."""
    risks = []
    for each in oddities:
        if each.origin is not None and (str(each.origin) in allowed or risk_of(each.origin) is not None):
            continue
        danger = "unknown" if each.name.startswith("copyreg.") else "runs_code"
        risks.append(Risk(name=each.name, danger=danger, why=each.why))  # type: ignore[arg-type]
    return risks


def risks_of_calls(calls: Iterable[Made]) -> list[Risk]:
    """Calls of globals that are harmless with some arguments only."""
    found: dict[str, Risk] = {}
    for call in calls:
        name = class_of(call) or called(call)
        if name is not None and (why := _why(name, call)) is not None:
            found.setdefault(str(name), Risk(name=str(name), danger="runs_code", why=why))
    return list(found.values())


def _why(name: GlobalName, call: Made) -> str | None:
    if name.name == "_ufunc_reconstruct":
        return None if _is_ufunc(call.arguments) else "imports a name that is no function of numpy's or scipy's"
    if name.name == "getattr":
        return None if _is_known_method(call.arguments) else "reaches any attribute of anything, so every function"
    if name.name == "partial":
        return (
            None
            if _is_harmless_partial(call)
            else "keeps a call for later, of a function that is not known as harmless"
        )
    if name.name.endswith("_gen") and not all(_is_distribution(state) for state in call.states):
        return "executes a text of the file: not the one that scipy writes"
    return None


def _two(arguments: Node) -> tuple[Node, Node]:
    return arguments if isinstance(arguments, tuple) and len(arguments) == 2 else (None, None)


def _is_ufunc(arguments: Node) -> bool:
    """`numpy.core._ufunc_reconstruct("os", "system")` would be `os.system`."""
    module, name = _two(arguments)
    if not isinstance(module, str) or not isinstance(name, str):
        return False
    return (module in _NUMPYS and is_harmless("numpy", name)) or (module in _SPECIAL and bool(_UFUNC.fullmatch(name)))


def _is_known_method(arguments: Node) -> bool:
    """A method that calculates, of an interpolation or of a distribution."""
    owner, name = _two(arguments)
    kind = owner.name if isinstance(owner, Global) else class_of(owner)
    if kind is None or risk_of(kind) is not None or not isinstance(name, str):
        return False
    if kind.name.endswith("_gen"):
        return bool(_DISTRIBUTION_METHOD.fullmatch(name))
    return bool(_INTERPOLATION.fullmatch(kind.module) and _INTERPOLATION_METHOD.fullmatch(name))


def _is_harmless_partial(call: Made) -> bool:
    """`partial(mutual_info_classif, random_state=0)`, both as it was made and with the state it was given."""
    made = call.arguments[:1] if isinstance(call.arguments, tuple) else (None,)
    given = [state[0] if isinstance(state, tuple) and state else None for state in call.states]
    return all(_is_harmless_function(function) for function in (*made, *given)) and bool(made)


def _is_harmless_function(node: Node) -> bool:
    return isinstance(node, Global) and risk_of(node.name) is None and not is_delicate(node.name)


def _is_distribution(state: Node) -> bool:
    """The attributes of a distribution, or what scipy before 1.6 wrote: (arguments for its class, random state)."""
    if isinstance(state, tuple) and len(state) == 2:
        # `__dict__.update` takes any two values as a name and its value: neither may be such a pair
        return _is_constructor(state[0]) and _is_random_state(state[1])
    if not isinstance(state, Pairs) or state.dropped:
        return False
    texts = [value for key, value in state.pairs if key == "_parse_arg_template"]
    plain = all(isinstance(key, str) for key, _ in state.pairs)
    return plain and all(isinstance(text, str) and len(text) < 2000 and _TEMPLATE.fullmatch(text) for text in texts)


def _is_constructor(node: Node) -> bool:
    return isinstance(node, Pairs) and all(isinstance(key, str) and key in _CONSTRUCTOR for key, _ in node.pairs)


def _is_random_state(node: Node) -> bool:
    kind = node.name if isinstance(node, Global) else class_of(node)
    return node is None or type(node) is int or (kind is not None and kind.module.startswith("numpy.random"))
