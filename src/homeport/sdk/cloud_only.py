"""Names of the original that mean nothing on one machine: they import, and say what to use instead when called.

`from homeport.sdk.cloud_only import AksWebservice` gives a class that cannot be made; neither can what is below it, so
`AksWebservice.deploy_configuration(...)` and `Dataset.Tabular.from_delimited_files(...)` say the same.
"""

from __future__ import annotations

from typing import Any, NoReturn

from homeport.errors import CloudOnlyError

_SERVICE = "use `LocalWebservice`: it serves the same models and entry script on this machine"
_TRAINING = "run the training script itself, for example with `homeport run train.py`, then `Model.register` its result"
_DATA = "read the files themselves, for example with pandas; paths need no datastore"
_COMPUTE = "this machine is the compute: leave the compute target out"
_IMAGE = "deploy without an image: `Model.deploy` with an InferenceConfig"
_LOGGING = "use `Run.get_context()` and its `log`, or MLflow"
_SECRETS = "read secrets from environment variables or from your own vault"
_NOTHING = "leave it out: nothing on this machine needs it"

INSTEAD = {
    "AciServiceDeploymentConfiguration": _SERVICE,
    "AciWebservice": _SERVICE,
    "AksCompute": _COMPUTE,
    "AksEndpoint": _SERVICE,
    "AksServiceDeploymentConfiguration": _SERVICE,
    "AksWebservice": _SERVICE,
    "AmlCompute": _COMPUTE,
    "ComputeInstance": _COMPUTE,
    "ComputeTarget": _COMPUTE,
    "ContainerImage": _IMAGE,
    "Dataset": _DATA,
    "Datastore": _DATA,
    "DockerConfiguration": _TRAINING,
    "Experiment": _LOGGING,
    "Image": _IMAGE,
    "Keyvault": _SECRETS,
    "LinkedService": _NOTHING,
    "ModelProfile": "measure the service itself: post to its `scoring_uri`",
    "PrivateEndPoint": _NOTHING,
    "PrivateEndPointConfig": _NOTHING,
    "RunConfiguration": _TRAINING,
    "ScriptRun": _TRAINING,
    "ScriptRunConfig": _TRAINING,
    "SynapseWorkspaceLinkedServiceConfiguration": _NOTHING,
    "UnknownWebservice": _SERVICE,
    "attach_legacy_compute_target": _COMPUTE,
    "diagnostic_log": _NOTHING,
    "get_run": _LOGGING,
    "is_compute_target_prepared": _COMPUTE,
    "prepare_compute_target": _COMPUTE,
    "remove_legacy_compute_target": _COMPUTE,
}


class _CloudOnly(type):
    """The class of such names: calling one raises, and what is looked up below one is such a name again."""

    instead: str

    def __call__(cls, *args: object, **kwargs: object) -> NoReturn:
        raise CloudOnlyError(f"`{cls.__qualname__}` belongs to the cloud service", hint=cls.instead)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return _named(f"{cls.__qualname__}.{name}", cls.instead)


def _named(qualname: str, instead: str) -> _CloudOnly:
    names = {"__qualname__": qualname, "__doc__": f"Belongs to the cloud service: {instead}.", "instead": instead}
    return _CloudOnly(qualname.rpartition(".")[2], (), names)


def __getattr__(name: str) -> Any:
    if name not in INSTEAD:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    found = globals()[name] = _named(name, INSTEAD[name])
    return found
