"""The container part of an environment: an image, a Dockerfile or a build context, of which one counts."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeport.errors import MissingPathError
from homeport.sdk.container_registry import ContainerRegistry, registry_document, registry_from
from homeport.sdk.guarded import Guarded

if TYPE_CHECKING:
    from homeport.sdk.workspace import Workspace

DEFAULT_CPU_IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:20251130.v1"
DEFAULT_GPU_IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-cuda11.8-cudnn8-ubuntu22.04"

_log = logging.getLogger("homeport.environment")


class DockerBuildContext(Guarded):
    """A folder with a Dockerfile: in a git repository or in storage."""

    class LocationType(Enum):
        """Where `location` is."""

        Git = "git"
        StorageAccount = "storageAccount"

    def __init__(
        self,
        location_type: LocationType | str | None = None,
        location: str | None = None,
        dockerfile_path: str | None = "Dockerfile",
    ) -> None:
        self.location_type = location_type
        self.location = location
        self.dockerfile_path = dockerfile_path
        self._close_attributes()

    @staticmethod
    def from_local_directory(
        workspace: Workspace, path: str | os.PathLike[str], dockerfile_path: str = "Dockerfile"
    ) -> DockerBuildContext:
        """A folder of this machine, named by its absolute path; nothing is uploaded."""
        folder = Path(path).absolute()
        if not (folder / dockerfile_path).is_file():
            raise MissingPathError(f"there is no `{dockerfile_path}` in `{path}`", hint="name it in `dockerfile_path`")
        return DockerBuildContext(DockerBuildContext.LocationType.StorageAccount, folder.as_uri(), dockerfile_path)

    def _document(self) -> dict[str, Any]:
        kind = self.location_type
        return {
            "locationType": kind.value if isinstance(kind, Enum) else kind,
            "location": self.location,
            "dockerfilePath": self.dockerfile_path,
        }


class DockerImagePlatform(Guarded):
    """The operating system and architecture of an image."""

    def __init__(self, os: str | None = "Linux", architecture: str | None = "amd64") -> None:
        self.os = os
        self.architecture = architecture
        self._close_attributes()


class DockerImageDetails(dict[str, Any]):
    """What the original tells about an image that its service built; here always empty."""


class ImageBuildDetails(Guarded):
    """The original's handle on an image that its service builds."""


class DockerSection(Guarded):
    """Setting one of `base_image`, `base_dockerfile` and `build_context` clears the other two."""

    def __init__(self, **kwargs: object) -> None:
        self._base_image: str | None = DEFAULT_CPU_IMAGE
        self._base_dockerfile: str | None = None
        self._build_context: DockerBuildContext | None = None
        self._enabled: bool = False
        self._shared_volumes: bool = True
        self._shm_size: str | None = "2g"
        self._arguments: list[str] = []
        self.base_image_registry: ContainerRegistry | str | None = ContainerRegistry()
        self.platform = DockerImagePlatform()
        self._close_attributes()

    @property
    def base_image(self) -> str | None:
        """The image's reference."""
        return self._base_image

    @base_image.setter
    def base_image(self, image: str | None) -> None:
        self._base_image = image
        if image:
            self._clear("_base_dockerfile", "_build_context", "base_image")

    @property
    def base_dockerfile(self) -> str | None:
        """The Dockerfile's text; a path, an open file or the text itself may be set."""
        return self._base_dockerfile

    @base_dockerfile.setter
    def base_dockerfile(self, dockerfile: Any) -> None:
        self._base_dockerfile = dockerfile_text(dockerfile)
        if self._base_dockerfile:
            self._clear("_base_image", "_build_context", "base_dockerfile")

    @property
    def build_context(self) -> DockerBuildContext | None:
        """The folder that the image is built from."""
        return self._build_context

    @build_context.setter
    def build_context(self, context: DockerBuildContext | None) -> None:
        self._build_context = context
        if context:
            self._clear("_base_image", "_base_dockerfile", "build_context")

    def _clear(self, first: str, second: str, because: str) -> None:
        for name in (first, second):
            if getattr(self, name):
                _log.warning("%s is cleared, because %s was set", name[1:], because)
                object.__setattr__(self, name, None)

    @property
    def enabled(self) -> bool:
        """Deprecated: whether `build_local` makes an image unless it is told otherwise."""
        return self._enabled

    @enabled.setter
    def enabled(self, enabled: bool) -> None:
        self._enabled = _deprecated("docker.enabled", enabled)

    @property
    def arguments(self) -> list[str]:
        """Deprecated: more words for `docker run`."""
        return self._arguments

    @arguments.setter
    def arguments(self, arguments: list[str]) -> None:
        self._arguments = _deprecated("docker.arguments", arguments)

    @property
    def shm_size(self) -> str | None:
        """Deprecated: the size of shared memory."""
        return self._shm_size

    @shm_size.setter
    def shm_size(self, size: str | None) -> None:
        self._shm_size = _deprecated("docker.shm_size", size)

    @property
    def shared_volumes(self) -> bool:
        """Deprecated."""
        return self._shared_volumes

    @shared_volumes.setter
    def shared_volumes(self, shared: bool) -> None:
        self._shared_volumes = _deprecated("docker.shared_volumes", shared)

    @property
    def gpu_support(self) -> bool:
        """Deprecated: always True."""
        return True

    @gpu_support.setter
    def gpu_support(self, support: bool) -> None:
        _deprecated("docker.gpu_support", support)

    def _document(self) -> dict[str, Any]:
        return {
            "enabled": self._enabled,
            "baseImage": self._base_image,
            "baseDockerfile": self._base_dockerfile,
            "buildContext": self._build_context and self._build_context._document(),
            "sharedVolumes": self._shared_volumes,
            "shmSize": self._shm_size,
            "arguments": list(self._arguments or []),
            "baseImageRegistry": registry_document(self.base_image_registry),
            "platform": {"os": self.platform.os, "architecture": self.platform.architecture},
        }

    @classmethod
    def _from_document(cls, document: Mapping[str, Any]) -> DockerSection:
        """What is missing is empty or False, never a fresh section's default."""
        section = cls()
        section._base_image = document.get("baseImage")
        section._base_dockerfile = document.get("baseDockerfile")
        context = document.get("buildContext")
        if context:
            section._build_context = DockerBuildContext(
                _location_type(context.get("locationType")), context.get("location"), context.get("dockerfilePath")
            )
        section._enabled = bool(document.get("enabled"))
        section._shared_volumes = bool(document.get("sharedVolumes"))
        section._shm_size = document.get("shmSize")
        section._arguments = list(document.get("arguments") or [])
        section.base_image_registry = registry_from(document.get("baseImageRegistry"))
        platform = document.get("platform") or {}
        section.platform = DockerImagePlatform(platform.get("os"), platform.get("architecture"))
        return section


def dockerfile_text(dockerfile: Any) -> str | None:
    """Of an open file its text; of the path of an existing file that file's text; else the text as it is."""
    if dockerfile is None:
        return None
    if hasattr(dockerfile, "read"):
        text = dockerfile.read()
        return text.decode("utf-8") if isinstance(text, bytes) else str(text)
    text = str(dockerfile)
    if "\n" not in text and text and Path(text).is_file():
        return Path(text).read_text(encoding="utf-8")
    return text


def _location_type(text: str | None) -> DockerBuildContext.LocationType | str | None:
    known = {kind.value: kind for kind in DockerBuildContext.LocationType}
    return known.get(text, text) if text else None


def _deprecated(name: str, value: Any) -> Any:
    _log.warning("%s is deprecated; it is kept as data", name)
    return value
