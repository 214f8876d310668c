"""`azureml.core.model.Model` as an entry script uses it: where a deployed model lies on this machine."""

import os

MODELS_FOLDER = "azureml-models"


class WebserviceException(Exception):  # noqa: N818 - scripts catch it under this name
    """Stands for the original's class of this name."""


class ModelNotFoundException(WebserviceException):
    """Stands for the original's class of this name."""


class Model:
    """Only what makes sense inside a service; the rest is in Homeport's own SDK."""

    def __init__(self, *arguments, **options):
        raise WebserviceException(
            "a service cannot look models up in a workspace: use Model.get_model_path(name), or AZUREML_MODEL_DIR"
        )

    @staticmethod
    def get_model_path(model_name, version=None, _workspace=None):
        """The model's file or folder below `azureml-models`, the highest version when none is named; else `./NAME`."""
        if version is not None and not isinstance(version, int):
            raise WebserviceException("version must be a whole number or None, got `%r`" % (version,))
        root = os.path.join(os.environ.get("AML_APP_ROOT", ""), MODELS_FOLDER)
        versions = cached_versions(os.path.join(root, model_name))
        if version is None and versions:
            version = versions[-1]
        if version in versions:
            return only_entry(os.path.join(root, model_name, str(version)))
        if version is None and os.path.exists(model_name):
            return model_name
        wanted = model_name if version is None else "%s:%d" % (model_name, version)
        kind = ModelNotFoundException if version is None else WebserviceException
        raise kind("ModelNotFound: model `%s` is neither in `%s` nor at `./%s`" % (wanted, root, model_name))


def cached_versions(folder):
    if not os.path.isdir(folder):
        return []
    return sorted(int(name) for name in os.listdir(folder) if name.isdigit())


def only_entry(folder):
    entries = sorted(os.listdir(folder))
    if len(entries) != 1:
        raise WebserviceException("`%s` must hold one entry, it holds %d" % (folder, len(entries)))
    return os.path.join(folder, entries[0])
