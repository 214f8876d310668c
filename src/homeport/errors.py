"""Every error that Homeport raises on purpose.

    HomeportError                  message, hint
    ├── InvalidInputError          the caller can fix this          exit 2  HTTP 400
    ├── NotFoundError              nothing has that name            exit 1  HTTP 404
    ├── ConflictError              it exists, or just moved         exit 1  HTTP 409
    ├── UserCodeError              init() or run() raised           exit 1  HTTP 500
    ├── UnavailableError           the machine cannot do it now     exit 1  HTTP 503
    └── AzureMLException           the names that v1 scripts catch
        ├── WebserviceException    (status_code)
        ├── ModelNotFoundException
        ├── ModelPathNotFoundException
        ├── UserErrorException
        │   └── AuthenticationException
        ├── WorkspaceException     (found_multiple)
        ├── ProjectSystemException
        └── RunEnvironmentException

A concrete error is one of the kinds and, where a v1 script may catch it, one of the AzureML names too.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from difflib import get_close_matches


class HomeportError(Exception):
    """Root of everything we raise on purpose; `hint` is the next thing to try."""

    hint: str | None = None

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        Exception.__init__(self, message)  # not super(): beside us may stand OSError or JSONDecodeError
        self._message = message
        self.hint = hint

    @property
    def message(self) -> str:
        """What was wrong, in one sentence or a few lines."""
        return self._message

    @message.setter
    def message(self, text: str) -> None:
        self._message = text

    def __str__(self) -> str:
        return self._message if self.hint is None else f"{self._message}\n\nhint: {self.hint}"

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions are made anew from `args`, which are not what our constructors take: pools of processes hang then.
        return _rebuilt, (type(self), self.args, self.__dict__.copy())


def _rebuilt(kind: type[HomeportError], arguments: tuple[object, ...], state: dict[str, object]) -> HomeportError:
    error = kind.__new__(kind, *arguments)
    error.__dict__.update(state)
    return error


class InvalidInputError(HomeportError):
    """The caller can fix this."""


class NotFoundError(HomeportError):
    """Nothing has that name."""


class ConflictError(HomeportError):
    """It exists already, is in use, or has just moved."""


class UserCodeError(HomeportError):
    """The user's `init()` or `run()` raised; `detail` is their own traceback."""

    def __init__(self, message: str, *, hint: str | None = None, detail: str = "") -> None:
        super().__init__(message, hint=hint)
        self.detail = detail

    def __str__(self) -> str:
        text = super().__str__()
        return f"{text}\n\n{self.detail}" if self.detail else text


class UnavailableError(HomeportError):
    """The machine cannot do it now: no space, no network, no interpreter, a dead host."""


class AzureMLException(HomeportError):
    """The root that v1 scripts catch. `str()` has the original's shape: name, message, inner exception, JSON."""

    _usual_code: str | None = None

    def __init__(
        self,
        exception_message: str,
        inner_exception: BaseException | None = None,
        target: object = None,
        details: object = None,
        message_format: str | None = None,
        message_parameters: object = None,
        reference_code: str | None = None,
        *,
        hint: str | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(exception_message, hint=hint)
        self.inner_exception = inner_exception
        self._code = reference_code or self._usual_code
        self._extra = {"target": target, "details": details}

    def __str__(self) -> str:
        text = HomeportError.__str__(self)
        error = {"code": self._code} if self._code else {}
        body = json.dumps({"error": {**error, "message": self._message}}, indent=4)
        return (
            f"{type(self).__name__}:\n\tMessage: {text}\n"
            f"\tInnerException {self.inner_exception}\n\tErrorResponse \n{body}"
        )

    def __repr__(self) -> str:
        return str(self)


class WebserviceException(AzureMLException):
    """A registry or service call failed; `status_code` is HTTP's where there is one."""

    def __init__(
        self,
        exception_message: str,
        status_code: int | None = None,
        logger: logging.Logger | None = None,
        *,
        hint: str | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(exception_message, hint=hint, **kwargs)  # type: ignore[arg-type]
        self.status_code = status_code
        self.logger = logger
        if logger is not None:
            logger.error(exception_message)


class ModelNotFoundException(AzureMLException):
    """No such model; raised by `Model.get_model_path`."""

    def __init__(self, exception_message: str, logger: logging.Logger | None = None, **kwargs: object) -> None:
        super().__init__(exception_message, **kwargs)  # type: ignore[arg-type]


class ModelPathNotFoundException(AzureMLException):
    """A path named for a model does not exist."""

    def __init__(self, exception_message: str, logger: logging.Logger | None = None, **kwargs: object) -> None:
        super().__init__(exception_message, **kwargs)  # type: ignore[arg-type]


class UserErrorException(AzureMLException):
    """A wrong call or an unreadable configuration."""

    _usual_code = "UserError"

    def __init__(self, exception_message: str, **kwargs: object) -> None:
        super().__init__(exception_message, **kwargs)  # type: ignore[arg-type]


class AuthenticationException(UserErrorException):
    """Kept for scripts that catch it; nothing here signs in."""


class WorkspaceException(AzureMLException):
    """A workspace call failed."""

    def __init__(self, exception_message: str, found_multiple: bool = False, **kwargs: object) -> None:
        super().__init__(exception_message, **kwargs)  # type: ignore[arg-type]
        self.found_multiple = found_multiple


class ProjectSystemException(AzureMLException):
    """Kept for scripts that catch it."""

    def __init__(self, exception_message: str, **kwargs: object) -> None:
        super().__init__(exception_message, **kwargs)  # type: ignore[arg-type]


class RunEnvironmentException(AzureMLException):
    """`Run.get_context` outside a run."""

    def __init__(self, exception_message: str = "this script is not part of a submitted run", **kwargs: object) -> None:
        super().__init__(exception_message, **kwargs)  # type: ignore[arg-type]


# The concrete ones: a kind that says who can fix it, and the name that a v1 script catches.


class InvalidCallError(InvalidInputError, WebserviceException):
    """A registry or service call with a value that cannot be right."""


class InvalidConfigError(InvalidInputError, UserErrorException):
    """A configuration, definition or argument that cannot be right."""


class UnreadableConfigError(InvalidConfigError, json.JSONDecodeError):
    """A file that should be JSON is not; scripts may catch it as `json.JSONDecodeError`."""

    def __init__(self, message: str, wrong: json.JSONDecodeError, *, hint: str | None = None) -> None:
        InvalidConfigError.__init__(self, message, hint=hint)
        self.msg, self.doc, self.pos = wrong.msg, wrong.doc, wrong.pos
        self.lineno, self.colno = wrong.lineno, wrong.colno


class MissingPathError(InvalidInputError, WebserviceException, FileNotFoundError):
    """A path that the caller named does not exist."""


class PathExistsError(ConflictError, UserErrorException, FileExistsError):
    """A file or folder is there already, and nobody said to overwrite it."""


class EmptyModelError(InvalidCallError, ValueError):
    """A folder without a single file is not a model."""


class UnreadableModelError(InvalidCallError):
    """A model file is damaged, cut short, or made to cost more than reading it is worth; nothing of it was run."""


class RefusedModelError(InvalidCallError):
    """A model file would run something unexpected when it is loaded, and the workspace's policy refuses those."""


class AlreadyExistsError(ConflictError, WebserviceException):
    """A target, a property or a name is taken already; nothing was overwritten."""


class ModelNotFoundError(NotFoundError, WebserviceException, ModelNotFoundException):
    """No model has that name, number or those tags; the text begins with `ModelNotFound`, as scripts test for it."""

    def __init__(self, wanted: str, known: Iterable[str] = (), *, hint: str | None = None) -> None:
        near = get_close_matches(wanted.split(":")[0], known, n=1)
        hint = hint or (f"did you mean `{near[0]}`?" if near else "run `homeport model list` to see them all")
        super().__init__(f"ModelNotFound: model `{wanted}` not found in provided workspace", hint=hint)


class EnvironmentNotFoundError(NotFoundError, UserErrorException):
    """No environment has that name, version or label."""


class WorkspaceNotFoundError(NotFoundError, WorkspaceException, UserErrorException):
    """No workspace has that name here."""


class WorkspaceExistsError(ConflictError, WorkspaceException):
    """A workspace of that name is here already."""


class ServiceNotFoundError(NotFoundError, WebserviceException):
    """No service has that name here; the text contains `WebserviceNotFound`, as scripts test for it."""

    def __init__(self, name: str, known: Iterable[str] = ()) -> None:
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean `{near[0]}`?" if near else "run `homeport service list` to see them all"
        super().__init__(f"WebserviceNotFound: no local service is called `{name}`", hint=hint)


class CloudOnlyError(InvalidInputError, WebserviceException, UserErrorException, NotImplementedError):
    """A name of the original that means nothing on one machine; the hint says what to use instead."""


class ServiceError(ConflictError, WebserviceException):
    """A service is in a state, or a place, that does not allow the call."""


class InUseError(ConflictError, WebserviceException):
    """Something else refers to it: it is not deleted."""


class EntryScriptError(UserCodeError, WebserviceException):
    """The entry script failed to start or to answer; `detail` is its own traceback."""

    def __init__(
        self, message: str, *, hint: str | None = None, detail: str = "", status_code: int | None = None
    ) -> None:
        WebserviceException.__init__(self, message, status_code, hint=hint)
        self.detail = detail


class NoSpaceError(UnavailableError, WebserviceException):
    """The disk is full; the message names the space that is needed."""


class EnvironmentBuildError(UnavailableError, UserErrorException):
    """A definition could not be resolved or installed; the message carries the resolver's own words."""


class NewerStoreError(UnavailableError, WorkspaceException):
    """A newer Homeport wrote this catalog."""


class DamagedStoreError(UnavailableError, WebserviceException):
    """Bytes on disk are not the bytes that were registered."""
