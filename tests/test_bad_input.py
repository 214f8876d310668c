"""Wrong calls, as a table: each raises the class that v1 scripts catch, and says what to do next.

A row is a call on `Here` and the classes that its error must be. The one test is at the end.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from homeport import (
    CondaDependencies,
    Environment,
    InferenceConfig,
    LocalWebservice,
    Model,
    ResourceConfiguration,
    Run,
    Webservice,
    Workspace,
)
from homeport.errors import (
    HomeportError,
    ModelNotFoundException,
    NotFoundError,
    RunEnvironmentException,
    UserErrorException,
    WebserviceException,
    WorkspaceException,
)
from homeport.sdk.cloud_only import AciWebservice, AksWebservice, ComputeTarget, Dataset, Experiment

Kinds = type[BaseException] | tuple[type[BaseException], ...]
SCRIPT = "def init(): pass\ndef run(data): return data\n"


@dataclass(frozen=True)
class Here:
    """What the calls go wrong with: a workspace with `iris:1`, and files of every kind in the working directory."""

    ws: Workspace
    iris: Model

    @staticmethod
    def file(name: str, content: str | bytes = SCRIPT) -> str:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    @staticmethod
    def folder(name: str) -> str:
        Path(name).mkdir(parents=True)
        return name

    def config(self, content: object, name: str = "config.json") -> Workspace:
        return Workspace.from_config(self.file(name, content if isinstance(content, bytes) else json.dumps(content)))

    def register(self, path: object = "weights.pkl", name: object = "iris", **more: object) -> Model:
        return Model.register(self.ws, path, name, **more)  # type: ignore[arg-type]

    def serve(self, name: str = "score.py", content: str | bytes = SCRIPT, **more: object) -> InferenceConfig:
        return InferenceConfig(self.file(name, content), **more)  # type: ignore[arg-type]

    def deploy(self, name: object = "svc", models: object = (), config: object = "", settings: object = None) -> object:
        chosen = self.serve() if config == "" else config
        models = list(models) if isinstance(models, tuple) else models
        return Model.deploy(self.ws, name, models, chosen, settings)  # type: ignore[arg-type]

    def run_in(self, **python: object) -> object:
        """Deploy in an environment whose Python section is set like this."""
        environment = Environment("env")
        for attribute, value in python.items():
            setattr(environment.python, attribute, value)
        return self.deploy(config=self.serve(environment=environment))

    def absent(self) -> LocalWebservice:
        return LocalWebservice(self.ws, "absent", must_exist=False)


CONFIG: dict[str, tuple[Callable[[Here], object], Kinds]] = {
    "no configuration anywhere": (lambda h: Workspace.from_config(), UserErrorException),
    "a path that is not there": (lambda h: Workspace.from_config("nowhere"), UserErrorException),
    "a file name that is not there": (lambda h: Workspace.from_config(_file_name="my.json"), UserErrorException),
    "a configuration cut short": (lambda h: h.config(b'{"workspace_name": '), json.JSONDecodeError),
    "an empty configuration": (lambda h: h.config(b""), (json.JSONDecodeError, UserErrorException)),
    "a configuration that is no text": (lambda h: h.config(b"\xff\xfe\x00\x01"), json.JSONDecodeError),
    "a configuration that is a list": (lambda h: h.config([1]), UserErrorException),
    "a configuration without keys": (lambda h: h.config({}), UserErrorException),
    "a configuration without a group": (
        lambda h: h.config({"subscription_id": "S", "workspace_name": "tests"}),
        UserErrorException,
    ),
    "a name that is a number": (
        lambda h: h.config({"subscription_id": "S", "resource_group": "G", "workspace_name": 1}),
        UserErrorException,
    ),
    "a scope that names nothing": (lambda h: h.config({"Scope": "/subscriptions/S"}), UserErrorException),
    "a scope that is a number": (lambda h: h.config({"Scope": 3}), UserErrorException),
    "a workspace of the cloud": (
        lambda h: h.config({"subscription_id": "S", "resource_group": "G", "workspace_name": "cloudy"}),
        (UserErrorException, WorkspaceException, NotFoundError),
    ),
    "writing below nowhere": (lambda h: h.ws.write_config("nowhere"), UserErrorException),
    "writing below a file": (lambda h: h.ws.write_config(h.file("x")), UserErrorException),
}

WORKSPACE: dict[str, tuple[Callable[[Here], object], Kinds]] = {
    "an unknown workspace": (lambda h: Workspace.get("unknown"), WorkspaceException),
    "an unknown workspace by its identifiers": (lambda h: Workspace("S", "G", "unknown"), WorkspaceException),
    "no name to get": (lambda h: Workspace.get(None), UserErrorException),  # type: ignore[arg-type]
    "a name that leads out of the home": (lambda h: Workspace.get("../tests"), UserErrorException),
    "a name that is too short": (lambda h: Workspace.create("ab"), UserErrorException),
    "a name that is too long": (lambda h: Workspace.create("a" * 34), UserErrorException),
    "a name with a space": (lambda h: Workspace.create("my workspace"), UserErrorException),
    "a name that begins with a dash": (lambda h: Workspace.create("-abc"), UserErrorException),
    "an empty name": (lambda h: Workspace.create(""), UserErrorException),
    "a name that is taken": (lambda h: Workspace.create("tests"), WorkspaceException),
}

REGISTER: dict[str, tuple[Callable[[Here], object], Kinds]] = {
    "no model name": (lambda h: h.register(name=None), TypeError),
    "an empty model name": (lambda h: h.register(name=""), WebserviceException),
    "a model name with a space": (lambda h: h.register(name="a b"), WebserviceException),
    "a model name with a slash": (lambda h: h.register(name="a/b"), WebserviceException),
    "a model name with a newline": (lambda h: h.register(name="iris\n"), WebserviceException),
    "a model name that begins with a dot": (lambda h: h.register(name=".iris"), WebserviceException),
    "a model name of 256 characters": (lambda h: h.register(name="a" * 256), WebserviceException),
    "a model name that is a number": (lambda h: h.register(name=5), WebserviceException),
    "no model path": (lambda h: h.register(None), TypeError),
    "a missing model path": (lambda h: h.register("nowhere"), (WebserviceException, FileNotFoundError)),
    "a wildcard": (lambda h: h.register("*.pkl"), (WebserviceException, FileNotFoundError)),
    "an empty folder": (lambda h: h.register(h.folder("empty")), ValueError),
    "a missing child": (lambda h: h.register(".", child_paths=["nowhere"]), WebserviceException),
    "a child outside": (lambda h: h.register(h.folder("d"), child_paths=["../weights.pkl"]), WebserviceException),
    "children of a file": (lambda h: h.register(child_paths=["x"]), WebserviceException),
    "tags that are a list": (lambda h: h.register(tags=["a"]), WebserviceException),
    "tags that are text": (lambda h: h.register(tags="a=b"), WebserviceException),
    "properties that are a list": (lambda h: h.register(properties=["a"]), WebserviceException),
    "a tag that JSON cannot hold": (lambda h: h.register(tags={"a": {1}}), TypeError),
    "a framework's version alone": (lambda h: h.register(model_framework_version="1"), WebserviceException),
    "no cores": (lambda h: h.register(resource_configuration=ResourceConfiguration(cpu=0)), WebserviceException),
    "negative memory": (
        lambda h: h.register(resource_configuration=ResourceConfiguration(memory_in_gb=-1)),
        WebserviceException,
    ),
    "resources as a dict": (lambda h: h.register(resource_configuration={"cpu": 1}), WebserviceException),
    "a sample that is not there": (lambda h: h.register(sample_input_dataset="s.json"), WebserviceException),
    "a sample that is not JSON": (
        lambda h: h.register(sample_output_dataset=h.file("s.json", "{")),
        (UserErrorException, json.JSONDecodeError),
    ),
    "a sample that JSON cannot hold": (lambda h: h.register(sample_input_dataset=object()), WebserviceException),
    "data sets that are no pairs": (lambda h: h.register(datasets=["d"]), WebserviceException),
}

MODEL: dict[str, tuple[Callable[[Here], object], Kinds]] = {
    "neither name nor id": (lambda h: Model(h.ws), WebserviceException),
    "an unknown model": (lambda h: Model(h.ws, "irs"), (WebserviceException, ModelNotFoundException)),
    "an unknown version": (lambda h: Model(h.ws, "iris", version=2), (WebserviceException, ModelNotFoundException)),
    "version 0": (lambda h: Model(h.ws, "iris", version=0), (WebserviceException, ModelNotFoundException)),
    "an unknown id": (lambda h: Model(h.ws, id="iris:2"), (WebserviceException, ModelNotFoundException)),
    "an id without a version": (lambda h: Model(h.ws, id="iris"), WebserviceException),
    "an id whose version is a word": (lambda h: Model(h.ws, id="iris:new"), WebserviceException),
    "a version that is a word": (lambda h: Model(h.ws, "iris", version="latest"), WebserviceException),
    "a version that is a fraction": (lambda h: Model(h.ws, "iris", version=1.0), WebserviceException),  # type: ignore[arg-type]
    "tags that do not match": (lambda h: Model(h.ws, "iris", tags=["x"]), ModelNotFoundException),
    "tags to look by as a dict": (lambda h: Model.list(h.ws, tags={"a": "b"}), UserErrorException),  # type: ignore[arg-type]
    "properties to look by as text": (lambda h: Model.list(h.ws, properties="a"), UserErrorException),
    "a pair of three": (lambda h: Model.list(h.ws, tags=[["a", "b", "c"]]), UserErrorException),
    "a page of 5": (lambda h: Model.list(h.ws, page_count=5), UserErrorException),
    "a page of 256": (lambda h: Model.list(h.ws, page_count=256), UserErrorException),
    "a path by a version in text": (lambda h: Model.get_model_path("iris", "1"), WebserviceException),  # type: ignore[arg-type]
    "a path of an unknown model": (lambda h: Model.get_model_path("irs"), ModelNotFoundException),
    "a path of an unknown version": (lambda h: Model.get_model_path("iris", 7, h.ws), WebserviceException),
    "a file in the way of a download": (lambda h: h.iris.download(), WebserviceException),
    "a property once more": (lambda h: h.iris.add_properties({"p": 2}), WebserviceException),
    "tags to add as a list": (lambda h: h.iris.add_tags(["a"]), WebserviceException),  # type: ignore[arg-type]
    "deleting twice": (lambda h: (h.iris.delete(), h.iris.delete()), (WebserviceException, ModelNotFoundException)),
    "an object without a workspace": (lambda h: Model(None).download(), WebserviceException),
    "packaging": (lambda h: Model.package(h.ws, [h.iris]), WebserviceException),
}

INFERENCE: dict[str, tuple[Callable[[Here], object], Kinds]] = {
    "no entry script": (lambda h: InferenceConfig(""), WebserviceException),
    "entry script None": (lambda h: InferenceConfig(None), WebserviceException),  # type: ignore[arg-type]
    "a missing entry script": (lambda h: InferenceConfig("nowhere.py"), (WebserviceException, FileNotFoundError)),
    "a folder as entry script": (lambda h: InferenceConfig(h.folder("s.py")), WebserviceException),
    "a script of another kind": (lambda h: h.serve("score.txt"), WebserviceException),
    "a script with a dash": (lambda h: h.serve("my-score.py"), WebserviceException),
    "a script that begins with a digit": (lambda h: h.serve("1score.py"), WebserviceException),
    "a script named by a keyword": (lambda h: h.serve("class.py"), WebserviceException),
    "a script with a syntax error": (lambda h: h.serve(content="def ("), UserErrorException),
    "a script of Python 2": (lambda h: h.serve(content="print 'x'"), UserErrorException),
    "a script with a null byte": (lambda h: h.serve(content=b"x = 1\0"), UserErrorException),
    "a script that is no text": (lambda h: h.serve(content=b"\xff\xfe"), UserErrorException),
    "a missing source folder": (lambda h: h.serve(source_directory="nowhere"), WebserviceException),
    "a source folder that is a file": (lambda h: h.serve(source_directory="weights.pkl"), WebserviceException),
    "a script that is not in its source folder": (
        lambda h: h.serve(source_directory=h.folder("src")),
        WebserviceException,
    ),
    "an unknown runtime": (lambda h: h.serve(runtime="ruby"), WebserviceException),
    "an unknown CUDA": (lambda h: h.serve(cuda_version="8.0"), WebserviceException),
    "a missing conda file": (lambda h: h.serve(runtime="python", conda_file="no.yml"), WebserviceException),
    "missing docker steps": (lambda h: h.serve(extra_docker_file_steps="nowhere"), WebserviceException),
    "an environment and a runtime": (
        lambda h: h.serve(runtime="python", environment=Environment("e")),
        WebserviceException,
    ),
    "an environment by its name": (lambda h: h.serve(environment="env"), WebserviceException),
}

DEPLOY: dict[str, tuple[Callable[[Here], object], Kinds]] = {
    "a port in text": (lambda h: LocalWebservice.deploy_configuration("6789"), WebserviceException),  # type: ignore[arg-type]
    "a port that is a fraction": (lambda h: LocalWebservice.deploy_configuration(80.5), WebserviceException),  # type: ignore[arg-type]
    "a port below 1": (lambda h: LocalWebservice.deploy_configuration(-1), WebserviceException),
    "a port above 65535": (lambda h: LocalWebservice.deploy_configuration(65536), WebserviceException),
    "no workers": (lambda h: LocalWebservice.deploy_configuration(workers=0), WebserviceException),
    "a service name in capitals": (lambda h: h.deploy("Svc"), WebserviceException),
    "a service name of two letters": (lambda h: h.deploy("ab"), WebserviceException),
    "a service name of 33 letters": (lambda h: h.deploy("a" * 33), WebserviceException),
    "a service name with an underscore": (lambda h: h.deploy("a_b"), WebserviceException),
    "a service name that ends with a dash": (lambda h: h.deploy("svc-"), WebserviceException),
    "a service name that is a number": (lambda h: h.deploy(123), WebserviceException),
    "the name before everything else": (lambda h: h.deploy("Svc", "no list", None), WebserviceException),
    "models that are no list": (lambda h: h.deploy(models="iris:1"), WebserviceException),
    "a model that is neither": (lambda h: h.deploy(models=[3]), NotImplementedError),
    "a missing local model": (lambda h: h.deploy(models=["nowhere"]), FileNotFoundError),
    "an unknown model to deploy": (lambda h: h.deploy(models=["iris:9"]), WebserviceException),
    "no inference config": (lambda h: h.deploy(config=None), UserErrorException),
    "an inference config that is a path": (lambda h: h.deploy(config="score.py"), WebserviceException),
    "deployment settings that are a dict": (lambda h: h.deploy(settings={"port": 1}), WebserviceException),
    "deployment settings changed to nonsense": (
        lambda h: (lambda settings: (setattr(settings, "port", "x"), h.deploy(settings=settings)))(
            LocalWebservice.deploy_configuration()
        ),
        WebserviceException,
    ),
    "a script that has gone since": (
        lambda h: (lambda config: (Path("score.py").unlink(), h.deploy(config=config)))(h.serve()),
        (WebserviceException, FileNotFoundError),
    ),
    "cloud settings": (lambda h: AciWebservice.deploy_configuration(cpu_cores=1), WebserviceException),
    "an interpreter that is not there": (
        lambda h: h.run_in(user_managed_dependencies=True, interpreter_path="/nowhere/python"),
        HomeportError,
    ),
    "a conda package": (
        lambda h: h.run_in(conda_dependencies=CondaDependencies.create(conda_packages=["cudatoolkit"])),
        UserErrorException,
    ),
}

SERVICE: dict[str, tuple[Callable[[Here], object], Kinds]] = {
    "a service that is not there": (lambda h: LocalWebservice(h.ws, "absent"), WebserviceException),
    "a cloud service": (lambda h: Webservice(h.ws, "svc"), WebserviceException),
    "running what is not there": (lambda h: h.absent().run("{}"), WebserviceException),
    "waiting for what is not there": (lambda h: h.absent().wait_for_deployment(), WebserviceException),
    "logs of what is not there": (lambda h: h.absent().get_logs(), WebserviceException),
    "reloading what is not there": (lambda h: h.absent().reload(), WebserviceException),
    "deleting what is not there": (lambda h: h.absent().delete(), WebserviceException),
    "updating what is not there": (lambda h: h.absent().update([]), WebserviceException),
    "updating with an image": (lambda h: h.absent().update(image_config=object()), WebserviceException),
    "updating with other settings": (lambda h: h.absent().update(deployment_config=3), WebserviceException),  # type: ignore[arg-type]
    "a time limit for waiting": (lambda h: h.absent().wait_for_deployment(timeout_sec=5), TypeError),  # type: ignore[call-arg]
    "logs of the start": (lambda h: h.absent().get_logs(init=True), TypeError),  # type: ignore[call-arg]
    "keys": (lambda h: h.absent().get_keys(), NotImplementedError),
    "a token": (lambda h: h.absent().get_token(), NotImplementedError),
    "a new key": (lambda h: h.absent().regen_key("Primary"), NotImplementedError),
    "a service from a document": (lambda h: LocalWebservice.deserialize(h.ws, {}), NotImplementedError),
}

ENVIRONMENT: dict[str, tuple[Callable[[Here], object], Kinds]] = {
    "an unknown environment": (lambda h: Environment.get(h.ws, "unknown"), NotFoundError),
    "version and label": (lambda h: Environment.get(h.ws, "e", version="1", label="l"), UserErrorException),
    "a name that is a number for an environment": (lambda h: Environment(3), TypeError),  # type: ignore[arg-type]
    "registering without a name": (lambda h: Environment(None).register(h.ws), UserErrorException),
    "an attribute that is misspelt": (
        lambda h: setattr(Environment("e").python, "conda_dependancies", 1),
        AttributeError,
    ),
    "a clone without a name": (lambda h: Environment("e").clone(""), UserErrorException),
    "a missing conda specification": (lambda h: Environment.from_conda_specification("e", "no.yml"), FileNotFoundError),
    "a conda specification with other keys": (
        lambda h: Environment.from_conda_specification("e", h.file("c.yml", "packages: [x]")),
        UserErrorException,
    ),
    "missing requirements": (lambda h: Environment.from_pip_requirements("e", "no.txt"), FileNotFoundError),
    "a missing environment folder": (lambda h: Environment.load_from_directory("nowhere"), FileNotFoundError),
    "an environment's section that is a number": (
        lambda h: Environment.load_from_directory(
            Path(h.file("env/azureml_environment.json", '{"name": "e", "python": 5}')).parent
        ),
        UserErrorException,
    ),
    "an environment whose name is a number": (
        lambda h: Environment.load_from_directory(Path(h.file("env/azureml_environment.json", '{"name": 5}')).parent),
        UserErrorException,
    ),
    "a folder that is there already": (lambda h: Environment("e").save_to_directory(h.folder("d")), FileExistsError),
}

CLOUD: dict[str, tuple[Callable[[Here], object], Kinds]] = {
    "a cloud service's settings": (lambda h: AksWebservice.deploy_configuration(), WebserviceException),
    "an experiment": (lambda h: Experiment(h.ws, "e"), UserErrorException),
    "a compute target": (lambda h: ComputeTarget(h.ws, "cpu"), UserErrorException),
    "a data set": (lambda h: Dataset.get_by_name(h.ws, "d"), UserErrorException),
    "a run that was submitted": (lambda h: Run.get_context(allow_offline=False), RunEnvironmentException),
    "registering a run's model without a workspace": (lambda h: Run().register_model("m"), UserErrorException),
}

CALLS = {**CONFIG, **WORKSPACE, **REGISTER, **MODEL, **INFERENCE, **DEPLOY, **SERVICE, **ENVIRONMENT, **CLOUD}


@pytest.fixture
def here(home: Path, project: Path) -> Here:
    workspace = Workspace.create("tests")
    (project / "weights.pkl").write_bytes(b"weights")
    return Here(workspace, Model.register(workspace, "weights.pkl", "iris", properties={"p": 1}))


def test_no_label_hides_another() -> None:
    tables = (CONFIG, WORKSPACE, REGISTER, MODEL, INFERENCE, DEPLOY, SERVICE, ENVIRONMENT, CLOUD)
    assert len(CALLS) == sum(map(len, tables)) >= 60


@pytest.mark.filterwarnings("ignore:.*deprecated in InferenceConfig:DeprecationWarning")
@pytest.mark.parametrize(("call", "kinds"), CALLS.values(), ids=CALLS.keys())
def test_a_wrong_call_raises_what_scripts_catch_and_says_what_to_do(
    here: Here, call: Callable[[Here], object], kinds: Kinds
) -> None:
    kinds = kinds if isinstance(kinds, tuple) else (kinds,)
    with pytest.raises(kinds[0]) as caught:
        call(here)
    error = caught.value
    assert [kind for kind in kinds if not isinstance(error, kind)] == []
    if isinstance(error, HomeportError):
        assert error.message
        assert error.hint, f"no next step: {error.message}"
        assert str(error.hint) in str(error)
    assert str(error)
    assert LocalWebservice.list(here.ws) == []
