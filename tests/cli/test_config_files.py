from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from homeport.cli.config_files import read_deployment_config, read_inference_config
from homeport.errors import InvalidConfigError, MissingPathError


def written(path: Path, document: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def test_what_is_known_is_read_and_the_rest_is_passed_over(project: Path) -> None:
    (project / "code").mkdir()
    file = written(
        project / "ic.json",
        {
            "entryScript": "score.py",
            "sourceDirectory": "code",
            "enableGpu": False,
            "baseImage": None,
            "runtime": "python",
        },
    )
    assert read_inference_config(file) == {"entryScript": "score.py", "sourceDirectory": "code", "runtime": "python"}


def test_paths_are_from_here_else_from_the_files_folder(project: Path) -> None:
    (project / "settings" / "code").mkdir(parents=True)
    (project / "settings" / "env.yml").write_text("")
    (project / "settings" / "lone.py").write_text("")
    both = {"entryScript": "score.py", "sourceDirectory": "code", "condaFile": "env.yml"}
    found = read_inference_config(written(Path("settings/ic.json"), both))
    assert found == {"entryScript": "score.py", "sourceDirectory": "settings/code", "condaFile": "settings/env.yml"}
    (project / "code").mkdir()
    assert read_inference_config(Path("settings/ic.json"))["sourceDirectory"] == "code"
    assert read_inference_config(written(Path("settings/lone.json"), {"entryScript": "lone.py"})) == {
        "entryScript": "settings/lone.py"
    }


def test_a_local_deployment_is_read(project: Path) -> None:
    file = written(project / "dc.json", {"computeType": "LOCAL", "port": 32267, "workers": 2, "cpu": 1})
    assert read_deployment_config(file) == {"port": 32267, "workers": 2, "options": {}}


def test_serving_options_of_a_deployment_are_read_in_either_spelling(project: Path) -> None:
    file = written(project / "dc.json", {"computeType": "local", "queueSize": 5, "init_timeout_s": 2})
    assert read_deployment_config(file)["options"] == {"queue_size": 5, "init_timeout_s": 2}


def test_batching_of_a_deployment_is_read_with_its_sample(project: Path) -> None:
    document = {"computeType": "local", "batchMaxSize": 8, "batchMaxDelayMs": 1.5, "sampleInput": {"data": [[1]]}}
    assert read_deployment_config(written(project / "dc.json", document))["options"] == {
        "batch_max_size": 8,
        "batch_max_delay_ms": 1.5,
        "sample_input": {"data": [[1]]},
    }


def test_a_serving_option_that_cannot_be_right_is_named_with_its_file(project: Path) -> None:
    file = written(project / "dc.json", {"computeType": "local", "queueSize": -5})
    with pytest.raises(InvalidConfigError, match=r"dc\.json.*queue_size"):
        read_deployment_config(file)


@pytest.mark.parametrize("compute", ["aci", "AKS", "akscompute", "mystery", 7])
def test_another_compute_type_says_what_to_use(project: Path, compute: object) -> None:
    with pytest.raises(InvalidConfigError, match="services run on this machine") as wrong:
        read_deployment_config(written(project / "dc.json", {"computeType": compute}))
    assert wrong.value.hint == 'use "computeType": "local" and "port"'


@pytest.mark.parametrize("text", ["{", "[]", '"text"', '{"sourceDirectory": "x"}', "\xff"])
def test_a_file_that_cannot_be_read_is_named(project: Path, text: str) -> None:
    file = project / "ic.json"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(InvalidConfigError, match=r"ic\.json"):
        read_inference_config(file)


def test_a_missing_file_is_named(project: Path) -> None:
    with pytest.raises(MissingPathError, match=r"`absent\.json` does not exist"):
        read_deployment_config(Path("absent.json"))
