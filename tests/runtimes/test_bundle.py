from __future__ import annotations

import hashlib
import json
import shutil
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest

from homeport.domain.bundle import BundledEnvironment
from homeport.domain.model import ModelFile, ModelFiles
from homeport.errors import (
    ConflictError,
    DamagedStoreError,
    InvalidCallError,
    InvalidInputError,
    MissingPathError,
)
from homeport.runtimes import Deployment, ModelSource, launch_of, read_bundle, write_bundle
from homeport.runtimes.bundle import Parts, assemble_bundle, model_of_bundle
from homeport.runtimes.code import code_of_bundle

MOMENT = datetime(2026, 7, 1, 12, 0, tzinfo=timezone.utc)
ENVIRONMENT = BundledEnvironment(name="era", version="3", lock="ab" * 32, interpreter=sys.executable)


def now() -> datetime:
    return MOMENT


def model(name: str, version: int = 1, files: dict[str, bytes] | None = None, digest: str | None = None) -> ModelSource:
    content = files or {f"{name}.pkl": name.encode()}
    listed = ModelFiles.of(
        ModelFile(path=path, size=len(data), sha256=hashlib.sha256(data).hexdigest()) for path, data in content.items()
    )

    def place(folder: Path) -> ModelFiles:
        for path, data in content.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        return listed

    return ModelSource(name=name, version=version, digest=listed.digest if digest is None else digest, place=place)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "src"
    folder.mkdir()
    (folder / "score.py").write_text("def init(): ...\ndef run(data): ...\n")
    return folder


def deployment(source: Path, *models: ModelSource, **variables: str) -> Deployment:
    return Deployment(
        entry_script="score.py", source_directory=source, models=models, environment=ENVIRONMENT, variables=variables
    )


def test_a_bundle_holds_code_models_and_a_description_that_reads_back(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "bundle"
    written = write_bundle(folder, deployment(source, model("iris", 7), COLOUR="red"), now=now)
    assert (folder / "app/src/score.py").is_file()
    assert (folder / "app/azureml-models/iris/7/iris.pkl").read_bytes() == b"iris"
    assert read_bundle(folder) == written
    assert (written.created, written.environment, written.variables) == (MOMENT, ENVIRONMENT, {"COLOUR": "red"})
    assert json.loads((folder / "bundle.json").read_text())["format"] == 1


def test_one_model_is_named_by_its_folder_and_several_by_the_folder_of_all(tmp_path: Path, source: Path) -> None:
    for name, models, expected in [
        ("none", (), "azureml-models"),
        ("one", (model("iris", 7),), "azureml-models/iris/7"),
        ("two", (model("iris"), model("rose")), "azureml-models"),
        ("twice the same", (model("iris"), model("iris")), "azureml-models/iris/1"),
    ]:
        folder = tmp_path / name
        launch = launch_of(folder, write_bundle(folder, deployment(source, *models), now=now), workers=1)
        assert launch.variables["AZUREML_MODEL_DIR"] == str(folder / "app" / expected), name
        assert Path(launch.variables["AZUREML_MODEL_DIR"]).is_dir(), name


def test_a_launch_says_where_everything_is_and_what_to_check(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "bundle"
    bundle = write_bundle(folder, deployment(source, model("iris", 7), model("rose", 2, {"a/b": b"1"})), now=now)
    launch = launch_of(folder, bundle, workers=3)
    app = folder / "app"
    assert launch.interpreter == sys.executable
    assert launch.entry_script == str(app / "src/score.py")
    assert (launch.app_root, launch.source_directory, launch.workers) == (str(app), str(app / "src"), 3)
    assert launch.variables["AML_APP_ROOT"] == str(app)
    assert launch.variables["AZUREML_ENTRY_SCRIPT"] == "src/score.py"
    assert launch.variables["AZUREML_SOURCE_DIRECTORY"] == "src"
    assert launch.models_root == str(app / "azureml-models")
    assert [file.path for file in launch.files] == ["iris/7/iris.pkl", "rose/2/a/b"]
    for file in launch.files:
        assert hashlib.sha256(Path(launch.models_root, file.path).read_bytes()).hexdigest() == file.sha256


def test_a_lone_script_has_no_source_directory(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "bundle"
    alone = Deployment(entry_script=str(source / "score.py"), source_directory=None, models=(), environment=ENVIRONMENT)
    launch = launch_of(folder, write_bundle(folder, alone, now=now), workers=1)
    assert launch.source_directory is None
    assert "AZUREML_SOURCE_DIRECTORY" not in launch.variables
    assert launch.variables["AZUREML_ENTRY_SCRIPT"] == "score.py"


def test_the_users_variables_are_applied_last(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "bundle"
    bundle = write_bundle(folder, deployment(source, AZUREML_MODEL_DIR="/mine", OTHER="1"), now=now)
    launch = launch_of(folder, bundle, workers=1)
    assert launch.variables["AZUREML_MODEL_DIR"] == "/mine"
    assert launch.variables["OTHER"] == "1"


def test_a_moved_bundle_still_launches(tmp_path: Path, source: Path) -> None:
    write_bundle(tmp_path / "here", deployment(source, model("iris")), now=now)
    (tmp_path / "here").rename(tmp_path / "there")
    launch = launch_of(tmp_path / "there", read_bundle(tmp_path / "there"), workers=1)
    assert Path(launch.entry_script).is_file()


def test_a_bundle_that_fails_leaves_nothing(tmp_path: Path, source: Path) -> None:
    def break_off(folder: Path) -> ModelFiles:
        (folder / "half").write_bytes(b"")
        raise KeyboardInterrupt

    broken = ModelSource(name="iris", version=1, digest="", place=break_off)
    with pytest.raises(KeyboardInterrupt):
        write_bundle(tmp_path / "out" / "bundle", deployment(source, broken), now=now)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_model_that_is_not_what_was_registered_is_refused(tmp_path: Path, source: Path) -> None:
    with pytest.raises(DamagedStoreError, match="`iris:1` is not what was registered"):
        write_bundle(tmp_path / "bundle", deployment(source, model("iris", digest="00")), now=now)
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize("digest", [None, ""])
def test_two_different_models_of_one_name_are_refused(tmp_path: Path, source: Path, digest: str | None) -> None:
    models = (model("iris", 0, {"m": b"1"}, digest), model("iris", 0, {"m": b"2"}, digest))
    with pytest.raises(InvalidCallError, match="two different models are called `iris:0`"):
        write_bundle(tmp_path / "bundle", deployment(source, *models), now=now)


def test_a_bundle_is_written_once(tmp_path: Path, source: Path) -> None:
    write_bundle(tmp_path / "bundle", deployment(source), now=now)
    before = (tmp_path / "bundle" / "bundle.json").read_bytes()
    with pytest.raises(ConflictError, match="exists already"):
        write_bundle(tmp_path / "bundle", deployment(source, X="2"), now=now)
    assert (tmp_path / "bundle" / "bundle.json").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"bundle", "src"}


def test_a_bundle_inside_its_own_source_folder_has_an_end(source: Path) -> None:
    write_bundle(source / "out" / "bundle", deployment(source), now=now)
    assert not (source / "out/bundle/app/src/out/bundle").exists()
    assert (source / "out/bundle/app/src/score.py").is_file()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "is not a bundle"),
        ("not json", "cannot be read"),
        ("[]", "is not a JSON object"),
        ('{"format": 99}', "has format 99; this Homeport reads format 1"),
        ('{"format": 0}', "has format 0"),
        ('{"format": 1}', "is not complete"),
    ],
)
def test_a_bundle_that_cannot_be_read_is_refused_with_the_way_out(
    tmp_path: Path, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "bundle.json").write_text(content)
    with pytest.raises(InvalidInputError, match=message) as raised:
        read_bundle(tmp_path)
    assert raised.value.hint


def test_a_bundle_made_from_another_shares_its_models_and_not_its_code(tmp_path: Path, source: Path) -> None:
    first = write_bundle(tmp_path / "1", deployment(source, model("iris", 7, {"a/b": b"1"})), now=now)
    parts = Parts(
        code=code_of_bundle(tmp_path / "1", first, None),
        models=tuple(model_of_bundle(tmp_path / "1", model) for model in first.models),
        environment=first.environment,
        variables=first.variables,
    )
    assert assemble_bundle(tmp_path / "2", parts, now=now) == first
    code, weights = "app/src/score.py", "app/azureml-models/iris/7/a/b"
    assert (tmp_path / "1" / weights).samefile(tmp_path / "2" / weights)
    assert not (tmp_path / "1" / code).samefile(tmp_path / "2" / code)


def test_a_model_that_has_gone_from_a_bundle_is_named(tmp_path: Path, source: Path) -> None:
    first = write_bundle(tmp_path / "1", deployment(source, model("iris", 7)), now=now)
    shutil.rmtree(tmp_path / "1/app/azureml-models")
    with pytest.raises(DamagedStoreError, match=r"`iris.pkl` has gone from the bundle"):
        model_of_bundle(tmp_path / "1", first.models[0]).place(tmp_path / "2")


def test_a_missing_script_is_said_before_anything_is_written(tmp_path: Path, source: Path) -> None:
    (source / "score.py").unlink()
    with pytest.raises(MissingPathError):
        write_bundle(tmp_path / "out" / "bundle", deployment(source), now=now)
    assert not (tmp_path / "out").exists()
