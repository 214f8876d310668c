"""Bundles: written once, in a staging folder that is renamed when whole, and read by every runtime."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from homeport.domain.bundle import APP_FOLDER, BUNDLE_FILE, MODELS_FOLDER, Bundle, BundledEnvironment, BundledModel
from homeport.domain.clock import Clock
from homeport.domain.launch import Launch
from homeport.domain.model import ModelFile, ModelFiles
from homeport.domain.serving import ServingOptions
from homeport.errors import (
    ConflictError,
    DamagedStoreError,
    InvalidCallError,
    InvalidInputError,
    MissingPathError,
    NoSpaceError,
)
from homeport.runtimes.code import Code, find_code
from homeport.runtimes.deployment import Deployment, ModelSource
from homeport.runtimes.files import write_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a bundle is put together from, wherever each part comes from."""

    code: Code
    models: tuple[ModelSource, ...]
    environment: BundledEnvironment
    variables: Mapping[str, str]


def write_bundle(folder: Path, deployment: Deployment, *, now: Clock) -> Bundle:
    """Write the bundle of `deployment` as `folder`, which must not exist yet.

    Links in a source folder are followed: the bundle holds what they lead to.
    """
    return assemble_bundle(folder, parts_of(deployment), now=now)


def parts_of(deployment: Deployment) -> Parts:
    return Parts(
        code=find_code(deployment.entry_script, deployment.source_directory),
        models=deployment.models,
        environment=deployment.environment,
        variables=deployment.variables,
    )


def assemble_bundle(folder: Path, parts: Parts, *, now: Clock, apart: tuple[Path, ...] = ()) -> Bundle:
    """Write `folder` from its parts; folders in `apart` are not copied even where the source folder holds them."""
    sources = _distinct(parts.models)
    with _staged(folder, parts.code) as staged:
        app = staged / APP_FOLDER
        (app / MODELS_FOLDER).mkdir(parents=True)
        parts.code.place(app, apart=(staged, *apart))
        models = tuple(_place(source, app) for source in sources)
        bundle = Bundle(
            entry_script=parts.code.entry_script,
            source_directory=parts.code.source_directory,
            models=models,
            environment=parts.environment,
            variables=dict(parts.variables),
            created=now(),
        )
        write_json(staged / BUNDLE_FILE, bundle.to_json())
    return bundle


def read_bundle(folder: Path) -> Bundle:
    """What `bundle.json` says; MissingPathError without one, InvalidInputError for a damaged or newer one."""
    path = folder / BUNDLE_FILE
    try:
        document = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError) as missing:
        raise MissingPathError(
            f"`{folder}` is not a bundle: it has no `{BUNDLE_FILE}`", hint="name the folder that holds `bundle.json`"
        ) from missing
    except ValueError as wrong:
        raise _unreadable(path, wrong) from wrong
    if not isinstance(document, dict):
        raise _unreadable(path, "it is not a JSON object")
    return Bundle.from_json(document)


def launch_of(folder: Path, bundle: Bundle, *, workers: int, options: ServingOptions | None = None) -> Launch:
    """How the workers of a bundle are started; the user's own variables are applied last, as the original does."""
    app = folder.absolute() / APP_FOLDER
    source = bundle.source_directory
    variables = {
        "AML_APP_ROOT": str(app),
        "AZUREML_ENTRY_SCRIPT": bundle.entry_script,
        "AZUREML_MODEL_DIR": str(app / bundle.model_dir),
    }
    if source is not None:
        variables["AZUREML_SOURCE_DIRECTORY"] = source
    return Launch(
        interpreter=bundle.environment.interpreter,
        entry_script=str(app / bundle.entry_script),
        app_root=str(app),
        source_directory=None if source is None else str(app / source),
        variables={**variables, **bundle.variables},
        workers=workers,
        files=tuple(
            replace(file, path=f"{model.name}/{model.version}/{file.path}")
            for model in bundle.models
            for file in model.files
        ),
        models_root=str(app / MODELS_FOLDER),
        environment_lock=bundle.environment.lock,
        options=options or ServingOptions(),
    )


def model_of_bundle(folder: Path, model: BundledModel) -> ModelSource:
    """A model that is taken over from the bundle in `folder`: linked where the file system can, else copied."""

    def place(target: Path) -> ModelFiles:
        for file in model.files:
            _link(folder / APP_FOLDER / model.folder / file.path, target / file.path, file)
        return ModelFiles.of(model.files)

    return ModelSource(name=model.name, version=model.version, digest=model.digest, place=place)


def _distinct(sources: tuple[ModelSource, ...]) -> tuple[ModelSource, ...]:
    """The sources with repetitions left out; two different models of one name and version cannot be told apart."""
    known: dict[str, ModelSource] = {}
    for source in sources:
        twin = known.setdefault(source.ref, source)
        if twin is not source and (not source.digest or twin.digest != source.digest):
            raise InvalidCallError(
                f"two different models are called `{source.ref}`", hint="rename one, or register both"
            )
    return tuple(known.values())


def _place(source: ModelSource, app: Path) -> BundledModel:
    folder = app / MODELS_FOLDER / source.name / str(source.version)
    folder.mkdir(parents=True, exist_ok=True)
    files = source.place(folder)
    if source.digest not in ("", files.digest):
        raise DamagedStoreError(
            f"model `{source.ref}` is not what was registered: its files have another digest",
            hint="run `homeport workspace verify`, then register the model again",
        )
    return BundledModel(name=source.name, version=source.version, digest=files.digest, files=files.files)


def _link(source: Path, target: Path, file: ModelFile) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError as missing:
        raise DamagedStoreError(
            f"`{file.path}` has gone from the bundle of the current generation", hint="update or deploy with the models"
        ) from missing
    except OSError:
        shutil.copy2(source, target)  # another file system, or one without links


@contextmanager
def _staged(folder: Path, code: Code) -> Iterator[Path]:
    """A folder beside `folder` that becomes `folder` when the block ends well, and goes when it does not."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        staged.chmod(0o755)  # mkdtemp's 0700 would shut out a container's own user; the home is what is private
        yield staged
        staged.rename(folder)
    except BaseException as wrong:
        shutil.rmtree(staged, ignore_errors=True)
        if isinstance(wrong, OSError) and wrong.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _no_space(folder.parent, code) from wrong
        if isinstance(wrong, OSError) and wrong.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise ConflictError(
                f"`{folder}` exists already", hint="a bundle is written once: choose another folder"
            ) from wrong
        raise


def _no_space(folder: Path, code: Code) -> NoSpaceError:
    free = shutil.disk_usage(folder).free
    return NoSpaceError(
        f"no space for a bundle in `{folder}`: its code alone needs {_mib(code.size)}, {_mib(free)} are free",
        hint="free some space, or set $HOMEPORT_HOME to a larger disk",
    )


def _mib(size: int) -> str:
    return f"{size / 2**20:.1f} MiB"


def _unreadable(path: Path, why: object) -> InvalidInputError:
    return InvalidInputError(f"`{path}` cannot be read: {why}", hint="deploy the service again to have it rewritten")
