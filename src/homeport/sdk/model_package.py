"""Images and build folders for models: the names are here, the work comes with the Docker runtime."""

from __future__ import annotations

from typing import NoReturn

from homeport.errors import InvalidCallError


class ModelPackage:
    """What `Model.package` gives once it can; it cannot be made by hand."""

    def __init__(self, workspace: object, operation_id: str, environment: object) -> None:
        package()


def package() -> NoReturn:
    """Say that this Homeport makes no images yet."""
    raise InvalidCallError(
        "Model.package is not in this release: images come with the Docker runtime",
        hint="`Model.deploy` serves the same models on this machine without an image",
    )
