"""`Run` on one machine: a script that was not submitted anywhere logs to the screen and registers what it made."""

from __future__ import annotations

import os
import uuid
from types import TracebackType
from typing import Any

from homeport.errors import RunEnvironmentException
from homeport.sdk.model import Model
from homeport.sdk.workspace import Workspace


class LocalExperiment:
    """What `run.experiment` is good for here: the way to the workspace."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def workspace(self) -> Workspace:
        """The workspace of the current folder; `UserErrorException` where there is none."""
        return Workspace.from_config()


class Run:
    """The run of this script: metrics are printed and kept until the script ends, nothing is sent anywhere.

    `Run.get_context()` gives it.
    """

    def __init__(self, experiment: object = None, run_id: str | None = None, **kwargs: object) -> None:
        self.id = run_id or f"OfflineRun_{uuid.uuid4()}"
        self.experiment = experiment if experiment is not None else LocalExperiment("local")
        self.input_datasets: dict[str, Any] = {}
        self._metrics: dict[str, list[Any]] = {}
        self._tags: dict[str, Any] = {}

    @classmethod
    def get_context(cls, allow_offline: bool = True, used_for_context_manager: bool = False, **kwargs: object) -> Run:
        """The run of this script, the same object at each call; `RunEnvironmentException` where that is not wanted."""
        if not allow_offline:
            raise RunEnvironmentException(
                "this script was not submitted as a run", hint="call `Run.get_context()` to run it on this machine"
            )
        if cls._of_this_script is None:
            cls._of_this_script = cls()
        return cls._of_this_script

    _of_this_script: Run | None = None

    def log(self, name: str, value: Any, description: str = "", step: int | None = None) -> None:
        """Print a value and keep it."""
        print(f"{name}: {value}", flush=True)
        self._metrics.setdefault(name, []).append(value)

    def log_list(self, name: str, value: list[Any], description: str = "") -> None:
        """Print several values and keep them."""
        print(f"{name}: {value}", flush=True)
        self._metrics.setdefault(name, []).extend(value)

    def log_row(self, name: str, description: str | None = None, **kwargs: Any) -> None:
        """Print one row of a table and keep it."""
        self.log(name, kwargs)

    def log_table(self, name: str, value: dict[str, Any], description: str = "") -> None:
        """Print a table and keep it."""
        self.log(name, value)

    def get_metrics(self, name: str | None = None) -> dict[str, Any]:
        """What was logged: the value itself where a name was logged once, else the list of them."""
        found = {key: values[0] if len(values) == 1 else values for key, values in self._metrics.items()}
        return found if name is None else {name: found[name]} if name in found else {}

    def tag(self, key: str, value: str | None = None) -> None:
        """Keep a tag."""
        self._tags[key] = value

    def get_tags(self) -> dict[str, Any]:
        return dict(self._tags)

    def register_model(
        self,
        model_name: str,
        model_path: str | os.PathLike[str] | None = None,
        tags: dict[str, Any] | None = None,
        properties: dict[str, Any] | None = None,
        model_framework: str | None = None,
        model_framework_version: str | None = None,
        description: str | None = None,
        datasets: list[Any] | None = None,
        **kwargs: Any,
    ) -> Model:
        """Register a file or folder of this machine, `model_name` itself where no path is given.

        The workspace is the experiment's, which is the current folder's: `UserErrorException` where there is none.
        """
        return Model.register(
            Run._workspace_of(self.experiment),
            model_path or model_name,
            model_name,
            tags=tags,
            properties=properties,
            description=description,
            datasets=datasets,
            model_framework=model_framework,
            model_framework_version=model_framework_version,
            run_id=self.id,
            **kwargs,
        )

    @staticmethod
    def _workspace_of(experiment: Any) -> Workspace:
        workspace: Workspace = experiment.workspace
        return workspace

    def upload_file(self, name: str, path_or_stream: Any, datastore_name: str | None = None) -> None:
        """Nothing is uploaded: the file stays where it is."""
        print(f"{name} stays where it is on this machine", flush=True)

    def complete(self) -> None:
        """Nothing is left to do."""

    def flush(self, timeout_seconds: float = 300) -> None:
        """Everything is printed at once already."""

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.complete()

    def __repr__(self) -> str:
        return f"Run(id={self.id})"
