from __future__ import annotations

import pickle
import shutil
import sys
import types
from pathlib import Path

import pytest

from homeport.domain.findings import Findings
from homeport.inspection import inspect_model

FILES = Path(__file__).with_name("files")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "net"
    made.mkdir()
    return made


def packages(found: Findings) -> set[str]:
    return {f"{each.distribution}{each.specifier}" for each in found.needed}


def test_the_model_among_other_files_is_found(folder: Path) -> None:
    (folder / "README.md").write_text("# a model\n")
    (folder / "config.json").write_text('{"layers": 3}')
    shutil.copy(FILES / "object.npy", folder / "a_array.npy")
    shutil.copy(FILES / "new.cbm", folder / "trees.bin")
    found = inspect_model(folder)
    assert (found.format, found.facts["model_file"]) == ("catboost", "trees.bin")
    assert found.facts["other_files"] == [{"file": "a_array.npy", "format": "npy"}]
    assert found.facts["files"] == 4
    assert found.size == sum(path.stat().st_size for path in folder.iterdir())
    assert "numpy>=2" in packages(found)


def test_of_several_models_the_one_that_is_called_so_is_loaded_and_all_count(folder: Path, tmp_path: Path) -> None:
    shutil.copy(FILES / "new.lgb", folder / "a.txt")
    shutil.copy(FILES / "new.json", folder / "model.json")
    (folder / "old.pkl").write_bytes(b"cos\nsystem\n.")
    found = inspect_model(folder)
    assert (found.format, found.facts["model_file"]) == ("xgboost-json", "model.json")
    assert packages(found) >= {"xgboost==3.2.0", "lightgbm>=4"}
    assert found.runs_code, "what lies beside is loaded as easily"


def test_requirement_files_and_own_modules_count(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("cleaning")
    exec("class Clean:\n    pass", module.__dict__)
    module.Clean.__module__ = "cleaning"
    monkeypatch.setitem(sys.modules, "cleaning", module)
    (folder / "model.pkl").write_bytes(pickle.dumps(module.Clean()))
    (folder / "cleaning.py").write_text("class Clean: ...\n")
    (folder / "helping").mkdir()
    (folder / "helping" / "__init__.py").write_text("")
    (folder / "requirements.txt").write_text(
        "# what it needs\nnumpy==1.18.1\nScikit_Learn==0.22.1 --hash=sha256:00\n-r more.txt\n"
    )
    (folder / "conda.yml").write_text("dependencies:\n- python=3.7.4\n- pandas=1.0\n- pip:\n  - joblib>=0.14\n")
    found = inspect_model(folder)
    assert found.facts["requirement_files"] == ["requirements.txt", "conda.yml"]
    assert found.facts["modules_beside"] == ["cleaning", "helping"]
    assert found.own_modules == ("cleaning",)
    assert packages(found) == {"numpy==1.18.1", "scikit-learn==0.22.1", "pandas==1.0", "joblib>=0.14"}
    assert "==3.7.*" in [each.specifier for each in found.pythons]


def test_links_out_of_the_folder_are_left_alone(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.pkl").write_bytes(b"cos\nsystem\n.")
    (tmp_path / "elsewhere").mkdir()
    shutil.copy(FILES / "new.json", tmp_path / "elsewhere" / "model.json")
    shutil.copy(FILES / "new.lgb", folder / "model.txt")
    (folder / "secret.pkl").symlink_to(tmp_path / "secret.pkl")
    (folder / "elsewhere").symlink_to(tmp_path / "elsewhere")
    (folder / "again").symlink_to(folder)
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "same.txt").symlink_to("model.txt")
    found = inspect_model(folder)
    assert (found.format, found.risks) == ("lightgbm", ())
    assert found.facts["left_out"] == ["again", "elsewhere", "loop", "secret.pkl"]
    assert [each["file"] for each in found.facts["other_files"]] == ["same.txt"]


def test_a_deep_and_a_wide_folder_end(folder: Path) -> None:
    deep = folder
    for _ in range(60):
        deep = deep / "d"
        deep.mkdir()
    (deep / "model.pkl").write_bytes(b"cos\nsystem\n.")
    for number in range(11_000):
        (folder / f"{number}.md").touch()
    found = inspect_model(folder)
    assert found.facts["more_files"] is True
    assert found.format == "unknown"


def test_a_folder_of_git_lfs_pointers_says_so(folder: Path) -> None:
    (folder / "config.json").write_text("{}")
    (folder / "model.bin").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7\n")
    found = inspect_model(folder)
    assert found.format == "unknown"
    assert found.facts["looks_like"].startswith("a folder whose `model.bin` is a Git LFS pointer")


def test_a_saved_model_without_its_variables_is_only_a_part(folder: Path) -> None:
    shutil.copy(FILES / "saved_model" / "saved_model.pb", folder)
    found = inspect_model(folder)
    assert found.format == "saved-model"
    assert "only a part of the model was copied" in found.facts["damaged"]


def mlflow(folder: Path, text: str) -> Findings:
    (folder / "MLmodel").write_text(text)
    return inspect_model(folder)


def test_an_mlflow_folder_is_looked_into(folder: Path) -> None:
    shutil.copytree(FILES / "mlflow", folder, dirs_exist_ok=True)
    (folder / "model.skops").unlink()
    (folder / "model.pkl").write_bytes(b"cos\nsystem\n.")
    text = (folder / "MLmodel").read_text().replace("model.skops", "model.pkl")
    found = mlflow(folder, text)
    assert (found.format, found.facts["model_file"], found.facts["model_format"]) == ("mlflow", "model.pkl", "pickle")
    assert found.runs_code
    assert found.framework_version == "1.9.1"
    assert ("==3.11.*", "certain") in [(each.specifier, each.sure) for each in found.pythons]


def test_an_mlflow_loader_of_somebodys_own_is_a_danger(folder: Path) -> None:
    found = mlflow(
        folder, "flavors:\n  python_function:\n    loader_module: mine\n    code: code\n    data: ../../etc\n"
    )
    assert [(risk.name, risk.danger) for risk in found.risks] == [("mine", "runs_code"), ("mlflow code", "unknown")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "flavors: [",
        "flavors: 3",
        "- a list",
        "\x00\x01",
        "a: &a [1]\nflavors: {python_function: *a}",
        "flavors: " + "{a: " * 3000,
        "!!python/object/apply:os.system ['touch canary']",
        "x" * 300_000,
    ],
)
def test_an_mlmodel_that_is_none_is_damaged(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    found = mlflow(folder, text)
    assert (found.format, "damaged" in found.facts) == ("mlflow", True)
    assert not (folder / "canary").exists()


def test_a_class_in_the_old_form_of_pytorch_is_told(tmp_path: Path) -> None:
    """There a class stands as ("module", the class, its file, its source), by a persistent id."""

    class Written(pickle.Pickler):
        def persistent_id(self, value: object) -> object:
            return ("module", Fraction, "module.py", "class") if value is Marker else None

    from fractions import Fraction

    class Marker:
        pass

    path = tmp_path / "model.pt"
    with path.open("wb") as file:
        for part in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
            pickle.dump(part, file, protocol=2)
        writer = Written(file, protocol=2)
        writer.dump([Marker])
        pickle.dump([], file, protocol=2)
    found = inspect_model(path)
    assert found.format == "torch-legacy"
    assert found.globals == ("fractions.Fraction",)


def test_models_that_only_their_names_tell_apart_are_all_named(folder: Path) -> None:
    shutil.copy(FILES / "new.lgb", folder / "a.txt")
    shutil.copy(FILES / "new.json", folder / "b.json")
    (folder / "samples.pkl").write_bytes(pickle.dumps([[1.0, 2.0]]))
    assert inspect_model(folder).facts["as_good"] == ["a.txt", "b.json"]
    (folder / "b.json").rename(folder / "model.json")
    assert "as_good" not in inspect_model(folder).facts
