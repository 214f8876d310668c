"""What the words of a failed trial teach, as requirement lines."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from homeport.domain.proposal import Proposal
from homeport.domain.releases import Releases
from homeport.inspection.imports import distribution_of
from homeport.inspection.knowledge import lesson_of

_VERSION_WARNING = re.compile(
    r"Trying to unpickle estimator (?P<what>\S+) from version (?P<saved>\S+) "
    r"when using version (?P<here>[^\s.]+(?:\.[^\s.]+)*)"
)
_MISSING = re.compile(r"No module named ['\"]?([\w.]+)")
_CRASH = re.compile(
    r"SIGSEGV|SIGABRT|SIGILL|SIGBUS|signal (?:11|6|4|7)\b|[Ss]egmentation fault|-(?:11|6|4)\b.*(?:exit|status|code)"
    r"|(?:exit|status|code)\D{0,12}-(?:11|6|4)\b|unknown opcode|bad marshal data"
    r"|code\(\) (?:argument|takes|requires)|code expected at (?:least|most)|an integer is required \(got type bytes\)"
    r"|'bytes' object cannot be interpreted as an integer"
)
_OWN = re.compile(r"Can't get attribute .* on <module '__main__'|No module named ['\"]?__main__")
_FAILED_BUILD = re.compile(
    r"Failed to (?:build|download and build) `(?P<a>[\w.-]+?)(?:==[^`]*)?`"
    r"|Failed building wheel for (?P<b>[\w.-]+)|`(?P<c>[\w.-]+)==[^`]*` (?:was included|because).*no wheels"
)
_UNREACHABLE = re.compile(
    r"client error \(Connect\)|dns error|network was disabled|No space left on device|os error 28"
)
_NO_GLIBC = re.compile(r"lib[\w.+-]+\.so[\w.]*: cannot open shared object file")

# Words of a failure -> what they teach. From the projects' own messages and changelogs.
_WORDS: tuple[tuple[str, str], ...] = (
    (r"unsupported pickle protocol: 5", "python>=3.8"),
    # types.CodeType takes 15 arguments until 3.7, 16 until 3.10 and 18 since 3.11
    (r"code(?:\(\) takes| expected) at most 1[56] arguments\D*18", "python>=3.11"),
    (r"code(?:\(\) takes| expected) at most 15 arguments\D*16", "python>=3.8,<3.11"),
    (
        r"code expected at least 16 arguments, got 15|an integer is required \(got type bytes\)"
        r"|'bytes' object cannot be interpreted as an integer",
        "python<3.8",
    ),
    (r"code\(\) argument 13 must be str, not int|code expected at least 1[678] arguments, got 16", "python>=3.8,<3.11"),
    (
        r"compiled using NumPy 1\.x cannot be run in|_ARRAY_API not found|was removed in the NumPy 2\.0 release",
        "numpy<2",
    ),
    (r"Expected 96 from C header, got 80", "numpy<2"),
    (r"module 'numpy' has no attribute '(?:float|int|bool|object|str|complex|long|unicode|typeDict)'", "numpy<1.20"),
    (r"`np\.(?:float|int|bool|object)` was a deprecated alias", "numpy<1.20"),
    (r"module 'numpy' has no attribute '(?:float_|Inf|NaN|string_|product|in1d|infty|asscalar)'", "numpy<1.23"),
    (r"XGBoostError[\s\S]*Invalid serialization file", "xgboost<1.6"),
    (r"not a known BitGenerator module", "numpy>=1.25"),
    (r"Can't get attribute '_unpickle_block' on", "pandas>=1.3"),
    (r"Can't get attribute '(?:_fill_function|_make_skel_func|_rehydrate_skeleton_class)'", "cloudpickle<2"),
    (r"Can't get attribute '(?:_make_function|_make_code|_make_empty_cell)'", "cloudpickle>=2.1"),
    (r"Can't get attribute '(?:_class_setstate|_function_setstate|_make_skeleton_class)'", "cloudpickle>=1.5"),
    (r"Descriptors cannot (?:not )?be created directly|cannot import name 'builder' from 'google", "protobuf<3.21"),
    (r"cannot import name '(?:escape|Markup|soft_unicode)' from '(?:jinja2|markupsafe)'", "markupsafe<2.1"),
    (r"(?:h5py|hdf5|keras)[\s\S]*'str' object has no attribute 'decode'", "h5py<3"),
    (r"cannot import name '\w+' from 'collections'", "python<3.10"),
    (r"module 'collections' has no attribute '(?:Callable|Mapping|Iterable|Sequence)'", "python<3.10"),
    (r"(?:module 'inspect' has no attribute|cannot import name) '(?:getargspec|formatargspec)'", "python<3.11"),
    (r"module 'pkgutil' has no attribute 'ImpImporter'", "python<3.12"),
)
_SAYINGS = tuple((re.compile(pattern), (line,)) for pattern, line in _WORDS)


def lessons_of(proposal: Proposal, failure: str, releases: Releases) -> tuple[str, ...] | None:
    """New requirement lines; empty where the words teach nothing; None where no environment could help."""
    if _UNREACHABLE.search(failure) or _NO_GLIBC.search(failure) or _OWN.search(failure):
        return None
    for read in _READERS:
        found = read(proposal, failure, releases)
        if found:
            return tuple(line for line in found if line not in proposal.learnt)
    return ()


def _version_told(proposal: Proposal, failure: str, releases: Releases) -> tuple[str, ...]:
    found = [match for match in _VERSION_WARNING.finditer(failure) if match["saved"] != match["here"]]
    saved = next((match["saved"] for match in found if match["saved"] != "pre-0.18"), None)
    if found and saved is None:
        return ("scikit-learn<0.18",)
    return (f"scikit-learn=={saved}",) if saved else ()


def _missing_module(proposal: Proposal, failure: str, releases: Releases) -> tuple[str, ...]:
    for match in _MISSING.finditer(failure):
        module = match[1]
        taught = lesson_of(module)
        if taught is not None:
            return (taught,)
        name = distribution_of(module)
        if name is None:
            continue
        if name in _named(proposal):
            continue  # it is there, and another release of it has that module
        if releases.of(name):
            return (name,)
    return ()


def _saying(proposal: Proposal, failure: str, releases: Releases) -> tuple[str, ...]:
    return next((taught for pattern, taught in _SAYINGS if pattern.search(failure)), ())


def _build_failed(proposal: Proposal, failure: str, releases: Releases) -> tuple[str, ...]:
    """A companion: take its newest release with a wheel. A recorded one: another Python."""
    found = _FAILED_BUILD.search(failure)
    if not found:
        return ()
    name = canonicalize_name(next(filter(None, found.groups())))
    option = f"--only-binary {name}"
    if name in _pinned(proposal) or option in proposal.packages:
        return (f"python!={proposal.python}.*",)
    return (option,)


def _crashed(proposal: Proposal, failure: str, releases: Releases) -> tuple[str, ...]:
    return (f"python!={proposal.python}.*",) if _CRASH.search(failure) else ()


_READERS: tuple[Callable[[Proposal, str, Releases], tuple[str, ...]], ...] = (
    _version_told,
    _build_failed,
    _saying,
    _missing_module,
    _crashed,
)


def _named(proposal: Proposal) -> set[str]:
    return {str(canonicalize_name(Requirement(line).name)) for line in proposal.packages if not line.startswith("-")}


def _pinned(proposal: Proposal) -> set[str]:
    return _named(replace(proposal, packages=tuple(line for line in proposal.packages if "==" in line)))
