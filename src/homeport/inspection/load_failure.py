"""Why a model did not load, in one sentence that says what to do: what it was saved with, and what is here instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from homeport.domain.findings import Findings
from homeport.inspection.imports import distribution_of
from homeport.inspection.load_messages import MESSAGES, Message


@dataclass(frozen=True, slots=True)
class Place:
    """Where it failed: what the file says, what is installed by canonical name, and the interpreter's version."""

    findings: Findings
    installed: Mapping[str, str]
    python: str

    def here(self, distribution: str) -> str:
        """As in `this environment has numpy 1.26.4`."""
        version = self.installed.get(canonicalize_name(distribution))
        return (
            f"this environment has {distribution} {version}" if version else f"this environment has no {distribution}"
        )

    def saved_with(self, distribution: str) -> str | None:
        """`scikit-learn 0.22.1`, as the file says it; None where it does not, or says just what is installed."""
        for need in self.findings.needed:
            if need.distribution == distribution and need.specifier:
                exact = need.specifier.removeprefix("==")
                if exact != self.installed.get(distribution):
                    return f"{distribution} {exact}"
        return None


def explain_load_failure(findings: Findings, installed: Mapping[str, str], python: str, error_text: str) -> str | None:
    """One sentence, or None where the words of the failure are not known.

    `installed` are distributions and their versions in the environment where it failed, `python` is that interpreter's
    version, `error_text` all that was printed: a traceback, warnings, the way the process ended.
    """
    place = Place(findings, {canonicalize_name(name): version for name, version in installed.items()}, python)
    for message in MESSAGES:
        found = re.search(message.pattern, error_text)
        if found is not None:
            return _told(message, found, place)
    for pattern, explain in _LOOKED_INTO:
        found = re.search(pattern, error_text)
        if found is not None:
            return explain(found, place)
    return None


def _told(message: Message, found: re.Match[str], place: Place) -> str:
    parts = {key: value or "" for key, value in found.groupdict().items()}
    here = f"this environment has Python {place.python}" if message.about == "python" else ""
    if message.about and not here:
        here = place.here(message.about)
    said = message.says.format(**parts)
    return f"{said}; {here}" if here else said


def _missing_module(found: re.Match[str], place: Place) -> str:
    """A module that no distribution has, one that is not installed, or one that another release has."""
    module = found["module"]
    top = module.partition(".")[0]
    if top in place.findings.own_modules or top in place.findings.facts.get("modules_beside", ()):
        return f"it needs `{top}`, a module of whoever saved it: put `{top}.py` beside the model"
    distribution = distribution_of(module)
    if distribution is None:
        return f"it needs the module `{module}`, which Python {place.python} does not have"
    version = place.installed.get(distribution)
    if version is None:
        asked = place.saved_with(distribution) or f"`{distribution}`"
        return f"it needs {asked}, which this environment does not have"
    if top == module:
        return f"it needs the module `{module}`, which {distribution} {version} here does not give"
    with_ = place.saved_with(distribution) or f"another release of {distribution}"
    return f"it was saved with {with_}, which has `{module}`; {place.here(distribution)}, which does not"


def _missing_name(found: re.Match[str], place: Place) -> str:
    name, module = found["name"], found["module"]
    if module in ("__main__", "__mp_main__") or module in place.findings.own_modules:
        return (
            f"`{name}` was defined in the script that saved it (`{module}`), and is not in the file: "
            "serve it with an entry script that defines it"
        )
    distribution = distribution_of(module)
    if distribution is None:
        return f"it needs `{module}.{name}`, which Python {place.python} does not have"
    with_ = place.saved_with(distribution) or f"another release of {distribution}"
    return f"it was saved with {with_}, which has `{module}.{name}`; {place.here(distribution)}, which does not"


def _other_version(found: re.Match[str], place: Place) -> str | None:
    """Something of the object is not as this environment's library expects: a word on versions, where they differ."""
    parts = found.groupdict()
    kind, name = parts["kind"], parts["name"]
    model = place.findings.model_class or ""
    named = [each for each in place.findings.globals if each.rpartition(".")[2] == kind]
    module = (named or [model])[0]
    distribution = distribution_of(module)
    with_ = place.saved_with(distribution) if distribution else None
    if distribution is None or with_ is None:
        return None
    return f"it was saved with {with_}, whose {kind} has no `{name}`; {place.here(distribution)}, which expects it"


def _saved_elsewhere(found: re.Match[str], place: Place) -> str:
    """scikit-learn's own warning."""
    return f"it was saved with scikit-learn {found['saved']}; this environment has scikit-learn {found['here']}"


_LOOKED_INTO: tuple[tuple[str, Callable[[re.Match[str], Place], str | None]], ...] = (
    (r"Can't get attribute '(?P<name>[^']+)' on <module '(?P<module>[^']+)'", _missing_name),
    (r"module '(?P<module>__main__)' has no attribute '(?P<name>\w+)'", _missing_name),
    (r"cannot import name '(?P<name>\w+)' from '(?P<module>[\w.]+)'", _missing_name),
    (r"No module named ['\"]?(?P<module>[\w.]+)", _missing_module),
    (r"'(?P<kind>\w+)' object has no attribute '(?P<name>\w+)'", _other_version),
    (r"Trying to unpickle estimator \S+ from version (?P<saved>[\w.]*\w) when using version (?P<here>[\w.]*\w)",
     _saved_elsewhere),
)  # fmt: skip
