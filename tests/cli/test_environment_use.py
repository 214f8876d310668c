from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from homeport import CondaDependencies, Environment, Workspace
from tests.conftest import Homeport
from tests.environments.wheels import make_wheel

HERE = ".".join(map(str, sys.version_info[:2]))


@pytest.fixture
def tiny(workspace: Workspace, project: Path) -> str:
    make_wheel(project / "shelf", "alpha", "1.0")
    make_wheel(project / "shelf", "setuptools", "59.0")
    environment = Environment("tiny")
    packages = ["--no-index", f"--find-links {project / 'shelf'}", "alpha"]
    environment.python.conda_dependencies = CondaDependencies.create(pip_packages=packages, python_version=HERE)
    environment.environment_variables["COLOUR"] = "blue"
    return f"tiny:{environment.register(workspace).version}"


def test_a_command_runs_in_it_with_its_variables_and_gives_its_status(homeport: Homeport, tiny: str) -> None:
    code = "import alpha, os, sys; print(alpha.version, os.environ['COLOUR']); sys.exit(7)"
    done = homeport("environment", "run", tiny, "--", "python", "-c", code)
    assert (done.exit_code, done.stdout) == (7, "1.0 blue\n"), done.stderr
    missing = homeport("environment", "run", tiny, "--", "no-such-program")
    assert (missing.exit_code, "no-such-program" in missing.stderr) == (2, True), missing.stderr


def test_an_interpreter_of_the_system_is_no_virtual_environment(homeport: Homeport, project: Path) -> None:
    python = Path(sys.base_prefix) / "bin" / "python3"
    section = {"userManagedDependencies": True, "interpreterPath": str(python)}
    (project / "own.json").write_text(json.dumps({"name": "own", "python": section}))
    assert homeport("init").exit_code == 0
    assert homeport("environment", "register", "own.json").exit_code == 0
    code = "import os; print(os.environ.get('VIRTUAL_ENV'))"
    done = homeport("environment", "run", "own", "--", "python3", "-c", code, VIRTUAL_ENV="/v")
    assert done.stdout == "None\n", done.stderr
    for words in ("verify own", "export own"):
        done = homeport("environment", *words.split())
        assert (done.exit_code, "is used as it is" in done.stderr) == (1, True), done.stderr


@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash"])
def test_a_shell_finds_its_python_first(shell: str, homeport: Homeport, tiny: str, tmp_path: Path) -> None:
    (tmp_path / ".bashrc").write_text("PATH=/usr/bin:/bin\n")
    words = "python -c 'import alpha; print(alpha.version)'\nexit 3\n"
    done = homeport("environment", "shell", tiny, stdin=words, SHELL=shell, HOME=str(tmp_path))
    assert "1.0\n" in done.stdout, done.stderr
    assert done.exit_code == 3


def test_a_kernel_runs_in_it_and_nothing_is_installed_into_it(
    homeport: Homeport, tiny: str, home: Path, project: Path, tmp_path: Path
) -> None:
    stand_in = home / "tools" / f"ipykernel-{HERE}" / "ipykernel"  # the real one comes from the index
    stand_in.mkdir(parents=True)
    (stand_in / "__init__.py").write_text("")
    (stand_in / "kernelapp.py").write_text("import sys, alpha\ndef main():\n    print(alpha.version, sys.argv[1:])\n")
    done = homeport("environment", "kernelspec", tiny, "--prefix", project / "kernels")
    kernel = json.loads((project / done.stdout.strip() / "kernel.json").read_text())
    assert kernel["env"]["COLOUR"] == "blue"
    assert kernel["env"]["VIRTUAL_ENV"] == str(Path(kernel["argv"][0]).parents[1])
    assert kernel["env"]["PATH"] == f"{Path(kernel['argv'][0]).parent}{os.pathsep}${{PATH}}"
    ran = subprocess.run(kernel["argv"], capture_output=True, text=True, env={**os.environ, **kernel["env"]})
    assert ran.stdout == "1.0 ['-f', '{connection_file}']\n", ran.stderr
    assert homeport("environment", "verify", tiny).exit_code == 0
