"""Which `azureml` modules there are, and what each of their names is: `module:name` below `homeport`, or a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Value:
    """A constant."""

    value: object


Names = Mapping[str, "str | Value"]

VERSION = "1.61.0"  # whose surface this is


def _from(module: str, *names: str) -> dict[str, str | Value]:
    return {name: f"{module}:{name}" for name in names}


def _cloud_only(*names: str) -> dict[str, str | Value]:
    return _from("sdk.cloud_only", *names)


_MODEL = {
    **_from("sdk.model", "Model"),
    **_from("sdk.model_cache", "MODELS_DIR"),
    **_from("sdk.model_package", "ModelPackage"),
    **_from("sdk.inference_config", "InferenceConfig"),
}
_WEBSERVICE = {
    **_from("sdk.webservice", "Webservice"),
    **_from("sdk.local_webservice", "LocalWebservice"),
    **_cloud_only("AciWebservice", "AksEndpoint", "AksWebservice", "UnknownWebservice"),
}
_ENVIRONMENT = {
    **_from("sdk.environment", "Environment", "EnvironmentReference"),
    **_from("sdk.environment_sections", "PythonSection", "RSection", "SparkPackage", "SparkSection"),
    **_from("sdk.docker_section", "DEFAULT_CPU_IMAGE", "DEFAULT_GPU_IMAGE", "DockerBuildContext"),
    **_from("sdk.docker_section", "DockerImageDetails", "DockerImagePlatform", "DockerSection", "ImageBuildDetails"),
    **_from("sdk.conda_dependencies", "CondaDependencies"),
}
_CONDA_CONSTANTS = (
    "BASE_PROJECT_FILE_RELATIVE_PATH BASE_PROJECT_MODULE CHAINER_PACKAGE_PREFIX CHANNELS CNTK_DEFAULT_VERSION "
    "CNTK_PACKAGE_PREFIX CONDA_FILE_NAME CPU CUPY_DEFAULT_VERSION DEFAULT_CHAINER_VERSION GPU HOROVOD_DEFAULT_VERSION "
    "LINUX_PLATFORM PACKAGES PIP PYTHON_DEFAULT_VERSION PYTHON_PREFIX PYTORCH_DEFAULT_VERSION PYTORCH_PACKAGE_PREFIX "
    "TENSORFLOW_DEFAULT_VERSION TENSORFLOW_PACKAGE_PREFIX TORCHVISION_DEFAULT_VERSION TORCHVISION_PACKAGE_PREFIX "
    "WINDOWS_PLATFORM"
)
_CONDA = {
    **_from("sdk.conda_dependencies", "CondaDependencies", *_CONDA_CONSTANTS.split()),
    "VERSION": Value(VERSION),
}
_ERRORS = {
    **_from("errors", "AuthenticationException", "AzureMLException", "ModelNotFoundException"),
    **_from("errors", "ModelPathNotFoundException", "ProjectSystemException", "RunEnvironmentException"),
    **_from("errors", "UserErrorException", "WebserviceException", "WorkspaceException"),
    "ComputeTargetException": "errors:CloudOnlyError",  # what our ComputeTarget raises
}
_REQUEST = _from("azureml.services", "AMLRequest", "rawhttp")
_RESPONSE = _from("azureml.services", "AMLResponse")

MODULES: Mapping[str, Names] = {
    "azureml": {},
    "azureml._common": {},
    "azureml._common.exceptions": _from("errors", "AzureMLException"),
    "azureml.contrib": {},
    "azureml.contrib.services": {},
    "azureml.contrib.services.aml_request": _REQUEST,
    "azureml.contrib.services.aml_response": _RESPONSE,
    "azureml.core": {
        **_from("sdk.workspace", "Workspace"),
        **_from("sdk.model", "Model"),
        **_from("sdk.environment", "Environment"),
        **_from("sdk.webservice", "Webservice"),
        **_from("sdk.container_registry", "ContainerRegistry"),
        **_from("sdk.run", "Run"),
        **_cloud_only("ComputeTarget", "Dataset", "Datastore", "Experiment", "Image", "Keyvault", "LinkedService"),
        **_cloud_only("PrivateEndPoint", "PrivateEndPointConfig", "RunConfiguration", "ScriptRun", "ScriptRunConfig"),
        **_cloud_only("SynapseWorkspaceLinkedServiceConfiguration", "attach_legacy_compute_target", "diagnostic_log"),
        **_cloud_only("get_run", "is_compute_target_prepared", "prepare_compute_target"),
        **_cloud_only("remove_legacy_compute_target"),
        "VERSION": Value(VERSION),
        "__version__": Value(VERSION),
    },
    "azureml.core.authentication": _from(
        "sdk.authentication",
        "AbstractAuthentication",
        "AzureCliAuthentication",
        "InteractiveLoginAuthentication",
        "MsiAuthentication",
        "ServicePrincipalAuthentication",
        "TokenAuthentication",
    ),
    "azureml.core.compute": _cloud_only("AksCompute", "AmlCompute", "ComputeInstance", "ComputeTarget"),
    "azureml.core.compute_target": {"ComputeTargetException": "errors:CloudOnlyError"},
    "azureml.core.conda_dependencies": _CONDA,
    "azureml.core.container_registry": _from("sdk.container_registry", "ContainerRegistry", "RegistryIdentity"),
    "azureml.core.databricks": _from("sdk.environment_sections", "DatabricksSection"),
    "azureml.core.dataset": _cloud_only("Dataset"),
    "azureml.core.datastore": _cloud_only("Datastore"),
    "azureml.core.environment": _ENVIRONMENT,
    "azureml.core.experiment": _cloud_only("Experiment"),
    "azureml.core.image": _cloud_only("ContainerImage", "Image"),
    "azureml.core.keyvault": _cloud_only("Keyvault"),
    "azureml.core.model": _MODEL,
    "azureml.core.profile": _cloud_only("ModelProfile"),
    "azureml.core.resource_configuration": _from("sdk.resource_configuration", "ResourceConfiguration"),
    "azureml.core.run": {**_from("sdk.run", "Run"), **_cloud_only("get_run")},
    "azureml.core.runconfig": {**_cloud_only("DockerConfiguration", "RunConfiguration"), **_ENVIRONMENT},
    "azureml.core.script_run_config": _cloud_only("ScriptRunConfig"),
    "azureml.core.webservice": _WEBSERVICE,
    "azureml.core.webservice.aci": _cloud_only("AciServiceDeploymentConfiguration", "AciWebservice"),
    "azureml.core.webservice.aks": _cloud_only("AksEndpoint", "AksServiceDeploymentConfiguration", "AksWebservice"),
    "azureml.core.webservice.local": {
        **_from("sdk.local_webservice", "LocalWebservice"),
        **_from("sdk.local_deployment", "LocalWebserviceDeploymentConfiguration"),
    },
    "azureml.core.webservice.webservice": {
        **_from("sdk.webservice", "Webservice", "WebserviceDeploymentConfiguration"),
        **_cloud_only("UnknownWebservice"),
    },
    "azureml.core.workspace": _from("sdk.workspace", "Workspace"),
    "azureml.exceptions": _ERRORS,
}

SERVER_MODULES: Mapping[str, Names] = {
    "azureml_inference_server_http": {},
    "azureml_inference_server_http.api": {},
    "azureml_inference_server_http.api.aml_request": _REQUEST,
    "azureml_inference_server_http.api.aml_response": _RESPONSE,
}
