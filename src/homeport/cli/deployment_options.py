"""The options that `model deploy` and `service update` share: models, code, environment, port, workers."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from homeport.cli.completions import complete_models
from homeport.cli.config_files import check_local, read_deployment_config, read_inference_config, read_object
from homeport.cli.group import WrongUsage
from homeport.cli.serving_options import serving_options, told_options
from homeport.errors import InvalidConfigError, ModelNotFoundError
from homeport.sdk.environment import Environment, EnvironmentReference
from homeport.sdk.environment_registry import find_version
from homeport.sdk.inference_config import InferenceConfig
from homeport.sdk.model import Model
from homeport.sdk.registry import find_model
from homeport.sdk.serving import activated_interpreter
from homeport.sdk.workspace import Workspace

FILE = click.Path(path_type=Path)


def deployment_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add them all, those of serving last; the function passes its keyword arguments on to `read_options`."""
    function = serving_options(function)
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


_OPTIONS = (
    click.option(
        "-m",
        "--model",
        "models",
        multiple=True,
        metavar="NAME[:VERSION]",
        shell_complete=complete_models,
        help="A model to serve, the newest version where none is said; or the path of a file or folder. Repeat it.",
    ),
    click.option(
        "-f",
        "--model-metadata-file",
        "metadata_files",
        multiple=True,
        type=FILE,
        metavar="FILE",
        help="A file that `model register --output-metadata-file` wrote.",
    ),
    click.option(
        "--ic",
        "--inference-config-file",
        "inference_file",
        type=FILE,
        metavar="FILE",
        help="An inferenceconfig.json: entryScript, sourceDirectory, environment.",
    ),
    click.option(
        "--dc",
        "--deploy-config-file",
        "deployment_file",
        type=FILE,
        metavar="FILE",
        help="A deploymentconfig.json: computeType local, port.",
    ),
    click.option("--entry-script", "--es", metavar="FILE", help="The script with init() and run()."),
    click.option("--source-directory", "--sd", metavar="FOLDER", help="Copy this whole folder; the script is in it."),
    click.option(
        "-e",
        "--environment",
        "--environment-name",
        "environment",
        metavar="NAME[:VERSION]",
        help="A registered environment.",
    ),
    click.option("--environment-version", "--ev", metavar="VERSION", help="Its version, where NAME has none."),
    click.option(
        "--environment-directory",
        "--ed",
        type=FILE,
        metavar="FOLDER",
        help="A folder that `Environment.save_to_directory` wrote.",
    ),
    click.option("--conda-file", "--cf", type=FILE, metavar="FILE", help="A conda specification."),
    click.option(
        "--requirements", type=FILE, metavar="FILE", help="A pip requirements file, on Homeport's own Python version."
    ),
    click.option(
        "--engine",
        type=click.Choice(["conda", "uv"]),
        help="What resolves the environment; `uv` takes conda packages from the package index.",
    ),
    click.option("--python", "interpreter", type=FILE, metavar="INTERPRETER", help="A Python to use as it is."),
    click.option("--port", type=click.IntRange(1, 65535), metavar="PORT", help="Where to listen."),
    click.option("--workers", type=click.IntRange(min=1), metavar="NUMBER", help="Processes that run the script."),
    click.option("--ct", "--compute-target", "--compute-type", "--cp", "compute", hidden=True),
    click.option("--rt", "--runtime", "runtime", hidden=True),
)


# the ways to name an environment -> their flags
ENVIRONMENT_OPTIONS = {
    "environment": "--environment",
    "environment_directory": "--environment-directory",
    "conda_file": "--conda-file",
    "requirements": "--requirements",
    "interpreter": "--python",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the options ask for; None or an empty tuple is what they leave open."""

    models: tuple[Model | str, ...]
    entry_script: str | None
    source_directory: str | None
    environment: Environment | None
    port: int | None
    workers: int | None
    options: Mapping[str, Any]  # of ServingOptions
    auth_enabled: bool
    host: str | None
    no_key: bool
    description: str | None

    def inference_config(self, environment: Environment | None) -> InferenceConfig | None:
        """None where no script is named. Raises what `InferenceConfig` raises."""
        if self.entry_script is None:
            return None
        return InferenceConfig(
            self.entry_script,
            source_directory=self.source_directory,
            environment=environment,
            description=self.description,
        )


def read_options(workspace: Workspace, service: str, words: Sequence[str], given: dict[str, Any]) -> Wanted:
    """Read the files that the options name, and look up the models and the environment; an option wins over a file.

    An environment that has no name of its own is called after the service.
    """
    if given["compute"]:
        check_local(given["compute"], "--compute-target")
    inference = read_inference_config(given["inference_file"]) if given["inference_file"] else {}
    settings = read_deployment_config(given["deployment_file"]) if given["deployment_file"] else {}
    refs = [*words, *given["models"], *(_model_id(file) for file in given["metadata_files"])]
    entry_script = given["entry_script"] or inference.get("entryScript")
    if given["source_directory"] and entry_script is None:
        raise WrongUsage("`--source-directory` needs `--entry-script`", hint="the script is relative to that folder")
    name = f"{service}-env"
    return Wanted(
        models=tuple(_model(workspace, ref) for ref in refs),
        entry_script=entry_script,
        source_directory=given["source_directory"] or inference.get("sourceDirectory"),
        environment=_by_engine(
            _environment(workspace, name, given) or _of_file(workspace, name, inference), given["engine"]
        ),
        port=given["port"] or settings.get("port"),
        workers=given["workers"] or settings.get("workers"),
        auth_enabled=bool(settings.get("auth_enabled") if given.get("auth_enabled") is None else given["auth_enabled"]),
        host=given.get("host") or settings.get("host"),
        no_key=bool(given.get("no_key") or settings.get("no_key")),
        options={**settings.get("options", {}), **told_options(given)},
        description=given.get("description") or inference.get("description"),
    )


def _model(workspace: Workspace, ref: str) -> Model | str:
    """A registered model, else a path that exists."""
    is_path = Path(ref).exists()
    try:
        return find_model(workspace, ref)
    except ModelNotFoundError:
        if is_path:
            return ref
        raise


def _model_id(file: Path) -> str:
    named = read_object(file, "the model's metadata file").get("modelId")
    if not isinstance(named, str):
        raise InvalidConfigError(f"`{file}` has no `modelId`", hint="`homeport model register -t FILE` writes one")
    return named


def _environment(workspace: Workspace, name: str, given: dict[str, Any]) -> Environment | None:
    """The one environment that the options name."""
    said = [option for option in ENVIRONMENT_OPTIONS if given[option]]
    if len(said) > 1:
        flags = " and ".join(f"`{ENVIRONMENT_OPTIONS[option]}`" for option in said)
        raise WrongUsage(f"{flags} exclude each other", hint="name one environment")
    if given["environment"]:
        version = given["environment_version"]
        stored = find_version(workspace, f"{given['environment']}:{version}" if version else given["environment"])
        return Environment.get(workspace, stored.name, stored.version)
    if given["environment_directory"]:
        return referred(workspace, Environment.load_from_directory(given["environment_directory"]))
    if given["conda_file"]:
        return Environment.from_conda_specification(name, given["conda_file"])
    if given["requirements"]:
        environment = Environment.from_pip_requirements(name, given["requirements"])
        if environment.python.conda_dependencies is not None:
            environment.python.conda_dependencies.set_python_version(".".join(map(str, sys.version_info[:2])))
        return environment
    return as_it_is(given["interpreter"]) if given["interpreter"] else None


def _by_engine(environment: Environment | None, engine: str | None) -> Environment | None:
    """Resolved by that engine: a version of its own, where the environment is registered otherwise."""
    if environment is None and engine is not None:
        raise WrongUsage("`--engine` needs an environment", hint="name one: `--environment` or `--conda-file`")
    if environment is not None and engine is not None:
        environment.engine = engine
    return environment


def _of_file(workspace: Workspace, name: str, inference: dict[str, Any]) -> Environment | None:
    """What an inferenceconfig.json says: an inline definition, a registered one's name, or a conda file."""
    document = inference.get("environment")
    if document is None:
        file = inference.get("condaFile")
        return Environment.from_conda_specification(name, file) if file else None
    if not isinstance(document, dict):
        raise InvalidConfigError("`environment` in the inference configuration is not an object")
    environment = Environment._from_document(document, workspace)
    environment.name = environment.name or name
    return environment


def referred(workspace: Workspace, loaded: Environment | EnvironmentReference) -> Environment:
    """A definition of nothing but a name and a version stands for the registered one."""
    return loaded.get_environment(workspace) if isinstance(loaded, EnvironmentReference) else loaded


def as_it_is(interpreter: Path) -> Environment:
    """An environment that is an existing interpreter; it has no name, so it is not registered."""
    environment = Environment(None)
    environment.environment_variables.clear()
    environment.python.user_managed_dependencies = True
    environment.python.interpreter_path = os.path.abspath(interpreter)  # noqa: PTH100 - a venv's link is not followed
    return environment


def activated() -> Environment:
    """The activated environment: `$VIRTUAL_ENV`'s interpreter, else `python3` on the PATH."""
    return as_it_is(Path(activated_interpreter()))
