"""How a scoring server is told what to serve: the one message from a runtime (or `homeport serve`) to the server."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, cast

from homeport.domain.bundle import check_format
from homeport.domain.json import JsonObject
from homeport.domain.model import ModelFile
from homeport.domain.serving import ServingOptions

LAUNCH_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How the workers of one generation are started. All paths are absolute."""

    interpreter: str  # the model's own Python
    entry_script: str
    app_root: str  # the workers' working directory, on sys.path, AML_APP_ROOT
    working_directory: str | None = None  # where it is not app_root: a script served in place stays where it was found
    source_directory: str | None = None  # on sys.path after app_root
    variables: Mapping[str, str] = field(default_factory=dict)  # laid over the server's own environment
    workers: int = 1
    files: tuple[ModelFile, ...] = ()  # verified below `models_root` before the workers start
    models_root: str | None = None
    environment_lock: str | None = None  # the hash of the lock that the interpreter was built from
    options: ServingOptions = field(default_factory=ServingOptions)

    def to_json(self) -> JsonObject:
        return cast(JsonObject, asdict(self))

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Launch:
        files = tuple(ModelFile(**file) for file in document["files"])
        options = ServingOptions.from_json(document.get("options", {}))
        return cls(**{**document, "files": files, "options": options})


@dataclass(frozen=True, slots=True, kw_only=True)
class OnceTask:
    """One thing to do with a script in the model's interpreter, with no server; `about` is as in SCORE."""

    launch: Launch
    task: Literal["once", "check"]
    about: JsonObject = field(default_factory=dict)
    body: bytes | None = None  # of a request, where there is one
    debug: bool = False  # the debugger where it raises

    def to_json(self) -> JsonObject:
        body = None if self.body is None else b64encode(self.body).decode("ascii")
        return {
            "launch": self.launch.to_json(),
            "task": self.task,
            "about": self.about,
            "body": body,
            "debug": self.debug,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSpec:
    """Everything a scoring server is given at its start.

    In the foreground `state_folder` and `control_socket` are None: logs go to the terminal and nothing is written.
    A service's host has both: `state_folder` is `services/NAME` (see `homeport.domain.service` for its files).
    """

    launch: Launch
    generation: int = 1
    host: str = "127.0.0.1"
    port: int = 5001  # 0 takes any free one; the ready line says which
    state_folder: str | None = None
    control_socket: str | None = None
    watch: bool = False  # a new generation for each edit of the script's folder or the model's
    key_file: str | None = None  # callers need one of its two keys; None lets everyone in

    def to_json(self) -> JsonObject:
        document: dict[str, Any] = {"format": LAUNCH_FORMAT, **asdict(self)}
        return cast(JsonObject, document)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> ServerSpec:
        check_format(document, LAUNCH_FORMAT, "server specification")
        fields = {key: value for key, value in document.items() if key != "format"}
        return cls(**{**fields, "launch": Launch.from_json(document["launch"])})
