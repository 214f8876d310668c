"""A definition as lines for uv: requirements, options, overrides, and what a person should be told about them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.requirements import InvalidRequirement, Requirement

from homeport.domain.conda import conda_name
from homeport.domain.environment import EnvironmentDefinition
from homeport.domain.python import Version
from homeport.environments.scoring_packages import distribution, overrides, replace_family, strip_comment
from homeport.errors import EnvironmentBuildError, InvalidConfigError

BUNDLED_SETUPTOOLS = (3, 12)  # Pythons before this one brought setuptools, and old packages import it undeclared
SETUPTOOLS = "setuptools<82"  # the last ones with pkg_resources

_PASSED_ON = {
    "-i": "--index-url",
    "--index-url": "--index-url",
    "--pypi-url": "--index-url",
    "--extra-index-url": "--extra-index-url",
    "-f": "--find-links",
    "--find-links": "--find-links",
    "--no-index": "--no-index",
    "--no-binary": "--no-binary",
    "--only-binary": "--only-binary",
}
_PLACES = ("--extra-index-url", "--find-links")
_FILES = ("-r", "--requirement", "-c", "--constraint")
_EDITABLE = ("-e", "--editable")
_WORD = re.compile(r"(--?[A-Za-z-]+)[=\s]*(.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested:
    """What uv is asked for."""

    lines: tuple[str, ...]
    options: tuple[str, ...] = ()  # lines of a requirements file
    words: tuple[str, ...] = ()  # options that uv takes only on its command line
    overrides: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def has_places(self) -> bool:
        """It names package places besides the first index; pip takes the best version of all of them."""
        return any(option.startswith(_PLACES) for option in self.options)


def requested_by(definition: EnvironmentDefinition, python: Version) -> Requested:
    """Translate a definition for one Python; refuses what cannot be re-created elsewhere, each with its reason."""
    _refuse_conda_packages(definition)
    for line in definition.pip_packages:
        _check(line)
    lines, replaced = replace_family(definition.pip_packages)
    named = {distribution(line) for line in lines}
    if python[:2] < BUNDLED_SETUPTOOLS and "setuptools" not in named:
        lines.append(SETUPTOOLS)
    if definition.pip and "pip" not in named:
        lines.append(_pip_requirement(definition.pip))
    options, words, notes = _options(definition.pip_options)
    if replaced:
        notes.insert(0, _replaced(replaced))
    return Requested(
        lines=tuple(lines),
        options=tuple(options),
        words=tuple(words),
        overrides=tuple(overrides(lines)),
        notes=tuple(notes),
    )


def pip_section(definition: EnvironmentDefinition) -> Requested:
    """The pip list alone, beside conda packages: what conda brings (pip, setuptools) is its own business."""
    for line in definition.pip_packages:
        _check(line)
    lines, replaced = replace_family(definition.pip_packages)
    options, words, notes = _options(definition.pip_options)
    if replaced:
        notes.insert(0, _replaced(replaced))
    return Requested(
        lines=tuple(lines),
        options=tuple(options),
        words=tuple(words),
        overrides=tuple(overrides(lines)),
        notes=tuple(notes),
    )


def _replaced(names: list[str]) -> str:
    return f"{', '.join(names)}: replaced by inference-schema and flask, which is what scoring needs"


def package_options(definition: EnvironmentDefinition) -> tuple[str, ...]:
    """The option lines that a lock of this definition has."""
    return tuple(_options(definition.pip_options)[0])


def _refuse_conda_packages(definition: EnvironmentDefinition) -> None:
    if not definition.conda_packages:
        return
    names = ", ".join(f"`{entry}`" for entry in definition.conda_packages)
    first = conda_name(definition.conda_packages[0])
    raise EnvironmentBuildError(
        f"{definition.label} needs the conda engine for {names}, and this release builds with pip packages only",
        hint=f"where the package index has them, list them as pip packages (for example `{first}`) and register again",
    )


def _check(line: str) -> None:
    """Is it a requirement, an address, or the absolute path of a file?"""
    text = strip_comment(line)
    if re.match(r"(\w+\+)?(https?|file|ssh|git)://", text):
        _check_address(text, text)
        return
    try:
        _check_address(Requirement(text).url or "", text)
    except InvalidRequirement as wrong:
        if "/" in text or text.endswith((".whl", ".tar.gz", ".zip")):
            _check_path(text)
            return
        reason = str(wrong).splitlines()[0]
        raise InvalidConfigError(f"`{line}` is not a pip requirement: {reason}", hint="write it as `name==1.2`") from (
            wrong
        )


def _check_address(address: str, text: str) -> None:
    """An archive, or a repository at a commit; a folder of this machine is neither."""
    if address.startswith("file:") and Path(unquote(urlsplit(address).path)).is_dir():
        raise _a_folder(text)


def _a_folder(text: str) -> InvalidConfigError:
    return InvalidConfigError(
        f"`{text}` is a folder, which no other machine can re-create",
        hint="build a wheel of it (`uv build --wheel`) and list the wheel's absolute path",
    )


def _check_path(text: str) -> None:
    if not Path(text).is_absolute():
        raise InvalidConfigError(
            f"`{text}` is a path that only means something in one folder",
            hint="write it as an absolute path, or put the file where `--find-links` finds it",
        )
    if Path(text).is_dir():
        raise _a_folder(text)
    if not Path(text).exists():
        raise InvalidConfigError(f"`{text}` does not exist", hint="build the wheel again, or name it where it is now")


def _pip_requirement(entry: str) -> str:
    """The conda entry `pip=20.0` takes every 20.0.x."""
    rest = entry.strip()[len("pip") :].strip()
    if re.fullmatch(r"=\s*[\d.]+", rest):
        return f"pip=={rest.lstrip('= ').rstrip('.')}.*"
    return "pip" + rest.split("=h")[0].replace(" ", "") if rest.startswith(("==", ">", "<", "!", "~")) else "pip"


def _options(lines: tuple[str, ...]) -> tuple[list[str], list[str], list[str]]:
    options: list[str] = []
    words: list[str] = []
    notes: list[str] = []
    for line in lines:
        found = _WORD.match(line.strip())
        name, value = (found.group(1), found.group(2).strip()) if found else (line, "")
        if name in _PASSED_ON:
            options.append(f"{_PASSED_ON[name]} {value}".strip())
        elif name == "--pre":
            words += ["--prerelease", "allow"]
        elif name == "--trusted-host":
            words += ["--allow-insecure-host", value]
        elif name in _FILES and not value.startswith(("https://", "http://")):
            raise InvalidConfigError(
                f"`{line}` names a file that is not part of the definition", hint="put its lines into the pip list"
            )
        elif name in _FILES:
            options.append(f"{name} {value}")
        elif name in _EDITABLE:
            raise InvalidConfigError(
                f"`{line}` is an editable install, which no other machine can re-create",
                hint="build a wheel of it (`uv build --wheel`) and list the wheel's absolute path",
            )
        else:
            notes.append(f"`{line}` has no meaning for uv and is left out")
    return options, words, notes
