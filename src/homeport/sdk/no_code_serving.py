"""`homeport serve PATH` for a model file or folder: what the command asks of the SDK, and what it tells its user."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from homeport.domain.json import Json
from homeport.domain.progress import Progress
from homeport.errors import UserErrorException
from homeport.sdk.model_at_hand import at_path
from homeport.sdk.no_code import Prepared, Workbench, about, prepare, prepare_with
from homeport.sdk.no_code_script import ENTRY_SCRIPT
from homeport.sdk.no_code_trust import Trust, guard_for, trust_in
from homeport.sdk.workspace import Workspace
from homeport.store import home_folder

INLINE = 160  # characters of a request that a command line shows
EXAMPLE_FILE = "request.json"


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A prepared model as the server is told of it."""

    prepared: Prepared
    folder: Path  # that holds the model

    @property
    def target(self) -> Path:
        return self.prepared.script / ENTRY_SCRIPT

    @property
    def app_root(self) -> Path:
        return self.prepared.script.parent

    @property
    def interpreter(self) -> str:
        return str(self.prepared.interpreter)

    @property
    def variables(self) -> Mapping[str, str]:
        return {"AZUREML_MODEL_DIR": str(self.folder), "AML_APP_ROOT": str(self.app_root)}

    @property
    def takes(self) -> str | None:
        """What it can be asked, in words; None where it was not tried."""
        learnt = self.prepared.learnt
        if learnt is None or not learnt.result.methods:
            return None
        return f"it takes {learnt.result.wanted}, and has {', '.join(learnt.result.methods)}"

    def curl_line(self, url: str) -> str | None:
        """A command that asks it once; a long request is written to a file. None where no request is known."""
        example = self.prepared.example
        if example is None:
            return None
        text = json.dumps(example)
        if len(text) > INLINE:
            return f"curl -d @{shlex.quote(str(self._example_file(text)))} {url}"
        return f"curl -d {shlex.quote(text)} {url}"

    def _example_file(self, text: str) -> Path:
        target = self.app_root / EXAMPLE_FILE
        if not target.is_file():
            staged = target.with_name(f".{target.name}.{os.getpid()}")
            staged.write_text(text, encoding="utf-8")
            staged.rename(target)
        return target


def trust_of(workspace: str | None, *, said: bool) -> Trust:
    """The policy of the workspace that is named, else of the one that this folder points at, else the usual one."""
    try:
        found = Workspace.get(workspace) if workspace else Workspace.from_config()
    except UserErrorException:
        if workspace:
            raise
        return Trust(said=said)  # a model is served where there is no workspace, too
    return replace(trust_in(found), said=said)


def serve_path(path: Path, *, sample: Json, interpreter: str | None, trust: Trust, progress: Progress) -> ServedModel:
    """The model there, ready to be served, in `interpreter` where one is named. Says what it finds and why."""
    bench = Workbench(home=home_folder(), progress=progress, trust=trust, guard=guard_for(path.name, trust, progress))
    model = at_path(path, sample)
    if interpreter is None:
        found = prepare(model, bench)
    else:
        found = prepare_with(model, bench, Path(interpreter))
        progress.step(f"{about(found.findings, model)}\nenvironment: {interpreter}, as it is")
    return ServedModel(found, Path(os.path.abspath(path)).parent)  # noqa: PTH100 - a link keeps its own name
