"""What a service runs: an entry script, with or without its source folder, and an environment."""

from __future__ import annotations

import ast
import keyword
import os
import sys
import warnings
from pathlib import Path

from homeport.errors import InvalidCallError, InvalidConfigError, MissingPathError
from homeport.sdk.container_registry import ContainerRegistry
from homeport.sdk.environment import Environment

RUNTIMES = ("python", "spark-py", "python-slim")
CUDA_VERSIONS = ("9.0", "9.1", "10.0")
_REPLACED = ("runtime", "conda_file", "extra_docker_file_steps", "enable_gpu", "cuda_version", "base_image")
_WITH_ENVIRONMENT = "describe everything in the Environment, or leave `environment` out"


class InferenceConfig:
    """Checked as it is made, in the original's order; `init()` and `run()` are looked for when the service starts.

    `entry_script` is relative to `source_directory`, or to the working directory where there is none; it may be
    absolute. `environment=None` serves with the interpreter that runs this script, as it is.
    Raises `WebserviceException`, and `UserErrorException` for a script that is not Python.
    """

    def __init__(
        self,
        entry_script: str,
        runtime: str | None = None,
        conda_file: str | None = None,
        extra_docker_file_steps: str | None = None,
        source_directory: str | os.PathLike[str] | None = None,
        enable_gpu: bool | None = None,
        description: str | None = None,
        base_image: str | None = None,
        base_image_registry: ContainerRegistry | None = None,
        cuda_version: str | None = None,
        environment: Environment | None = None,
    ) -> None:
        self.entry_script = entry_script
        self.runtime = runtime
        self.conda_file = conda_file
        self.extra_docker_file_steps = extra_docker_file_steps
        self.source_directory = os.fspath(source_directory) if source_directory else None
        self.enable_gpu = enable_gpu
        self.description = description
        self.base_image = base_image
        self.base_image_registry = base_image_registry or ContainerRegistry()
        self.cuda_version = cuda_version
        self.environment = environment
        self._warn_of_replaced()
        self.validate_configuration()

    def _warn_of_replaced(self) -> None:
        given = [name for name in _REPLACED if getattr(self, name)]
        if given:
            text = f"{', '.join(given)}: deprecated in InferenceConfig; describe it in an Environment instead"
            warnings.warn(text, DeprecationWarning, stacklevel=3)

    def validate_configuration(self) -> None:
        """Check it all again, for example after the script was edited."""
        if not self.entry_script:
            raise InvalidCallError("an entry script is needed", hint='write InferenceConfig(entry_script="score.py")')
        self._check_environment()
        if self.source_directory:
            self.source_directory = _real_folder(self.source_directory)
        self._check_script()
        self._check_replaced()
        self.validation_script_content()

    def _check_environment(self) -> None:
        if self.environment is None:
            return
        if not isinstance(self.environment, Environment):
            raise InvalidCallError(
                f"environment is `{self.environment!r}`, which is not an Environment",
                hint='pass an Environment, for example `Environment.get(ws, "NAME")`',
            )
        mixed = [name for name in _REPLACED if getattr(self, name)]
        if mixed:
            raise InvalidCallError(f"environment and {', '.join(mixed)} exclude each other", hint=_WITH_ENVIRONMENT)

    def _check_script(self) -> None:
        script = self._script
        if not script.is_file():
            where = f"`{self.source_directory}`" if self.source_directory else f"the working directory `{Path.cwd()}`"
            raise MissingPathError(
                f"the entry script `{self.entry_script}` does not exist in {where}",
                hint="check the path and the spelling; it is relative to `source_directory` where that is given",
            )
        if script.suffix != ".py":
            raise InvalidCallError(
                f"the entry script `{script.name}` is not a .py file", hint="name it like `score.py`"
            )
        if not script.stem.isidentifier() or keyword.iskeyword(script.stem):
            raise InvalidCallError(
                f"`{script.stem}` cannot be imported as a module", hint="name the script like a variable: `score.py`"
            )

    def _check_replaced(self) -> None:
        if self.runtime and str(self.runtime).lower() not in RUNTIMES:
            raise InvalidCallError(f"runtime is `{self.runtime}`", hint=f"use one of {', '.join(RUNTIMES)}")
        if self.cuda_version and str(self.cuda_version) not in CUDA_VERSIONS:
            raise InvalidCallError(
                f"cuda_version is `{self.cuda_version}`", hint=f"use one of {', '.join(CUDA_VERSIONS)}"
            )
        for name in ("conda_file", "extra_docker_file_steps"):
            path = getattr(self, name)
            if path and not self._beside_script(path).is_file():
                raise MissingPathError(f"{name} `{path}` does not exist", hint="check the path and the spelling")

    def validation_script_content(self) -> None:
        """Check that the entry script can be read and is Python, without running it."""
        script = self._script
        try:
            source = script.read_bytes()
        except OSError as wrong:
            raise InvalidConfigError(
                f"the entry script `{script}` cannot be read: {wrong.strerror}", hint="check its permissions"
            ) from wrong
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the worker's own Python says what it thinks of the script
                ast.parse(source, filename=str(script))
        except (SyntaxError, ValueError) as wrong:
            if not self._is_for_newer_python():
                line = getattr(wrong, "lineno", None)
                where = f"{script}, line {line}" if line else str(script)
                reason = wrong.msg if isinstance(wrong, SyntaxError) else wrong
                raise InvalidConfigError(
                    f"the entry script is not Python: {reason} ({where})", hint="correct that line and try again"
                ) from wrong

    def _is_for_newer_python(self) -> bool:
        """Whether the model's Python may know syntax that this one does not."""
        wanted = self.environment.python.conda_dependencies if self.environment else None
        version = (wanted.get_python_version() if wanted else None) or ""
        numbers = version.split(".")[:2]
        return all(part.isdigit() for part in numbers) and tuple(map(int, numbers)) > sys.version_info[:2]

    @property
    def _script(self) -> Path:
        return self._beside_script(self.entry_script)

    def _beside_script(self, path: str) -> Path:
        return Path(self.source_directory or os.curdir, path)


def _real_folder(folder: str) -> str:
    real = Path(folder).resolve()
    if not real.is_dir():
        what = "is not a folder" if real.exists() else "does not exist"
        raise MissingPathError(f"source_directory `{folder}` {what}", hint="check the path and the spelling")
    return str(real)
