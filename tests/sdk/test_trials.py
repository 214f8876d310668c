"""Trials as real processes: what holds, what fails and how that is said, and what a trial cannot do."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sklearn
from sklearn.linear_model import LogisticRegression

from homeport.sdk.no_code_script import Loading, settings_of, write_script
from homeport.sdk.trials import Trial, TrialResult, run_trial
from tests.conftest import lacking

ROWS = [[0.1, 0.2], [0.9, 0.3], [0.2, 0.8], [0.7, 0.9]]


def tried(folder: Path, *requests: Any, wall: float = 60, loader: str = "pickle") -> TrialResult:
    """`folder/model.pkl` in the interpreter that runs the tests."""
    script = write_script(folder / "home", settings_of("model.pkl", Loading(loader)))
    return run_trial(
        Trial(interpreter=Path(sys.executable), script=script, models=folder, requests=requests, wall=wall)
    )


def save(folder: Path, value: object) -> bytes:
    written = pickle.dumps(value)
    (folder / "model.pkl").write_bytes(written)
    return written


def save_call(folder: Path, source: str) -> None:
    """A pickle that runs `source` when it is loaded."""

    class Call:
        def __reduce__(self) -> Any:
            return exec, (source,)

    save(folder, Call())


def test_a_model_that_loads_and_answers_holds(tmp_path: Path) -> None:
    save(tmp_path, LogisticRegression().fit(ROWS, [0, 1, 0, 1]))
    result = tried(tmp_path, {"data": ROWS, "method": ["predict", "predict_proba"]})
    assert (result.ok, result.stage, result.failure) == (True, "done", None)
    assert isinstance(result.answers[0], dict)
    assert result.answers[0]["predict"] == [0, 1, 0, 1]
    assert result.versions["sklearn"] == sklearn.__version__
    assert result.wanted == "rows of 2 values"
    assert TrialResult.from_json(result.to_json()) == result


def test_without_a_sample_a_request_is_made_up(tmp_path: Path) -> None:
    save(tmp_path, LogisticRegression().fit(ROWS, [0, 1, 0, 1]))
    result = tried(tmp_path)
    assert result.ok
    assert result.request == {"data": [[0.0, 0.0]]}
    assert len(result.answers) == 1


def test_a_warning_that_another_version_wrote_the_file_is_a_failure(tmp_path: Path) -> None:
    written = save(tmp_path, LogisticRegression().fit(ROWS, [0, 1, 0, 1]))
    here = sklearn.__version__.encode()
    older = b"0" + here[1:]
    (tmp_path / "model.pkl").write_bytes(written.replace(here, older))
    result = tried(tmp_path)
    assert not result.ok
    assert result.only_warned
    assert f"from version {older.decode()} when using version {sklearn.__version__}" in str(result.failure)


def test_what_raises_at_loading_is_told_with_its_traceback(tmp_path: Path) -> None:
    save_call(tmp_path, "import nowhere.to_be_found")
    result = tried(tmp_path)
    assert (result.ok, result.stage) == (False, "load")
    assert result.failure == "ModuleNotFoundError: No module named 'nowhere'"
    assert "Traceback" in result.detail


def test_a_crash_costs_the_trial_and_nothing_else(tmp_path: Path) -> None:
    save_call(tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    result = tried(tmp_path)
    assert (result.ok, result.stage) == (False, "load")
    assert result.failure == "the interpreter crashed (SIGSEGV) when it was to load the model"


def test_what_never_ends_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    os.mkfifo(pids)
    save_call(
        tmp_path, f"import os, time; os.fork(); open({str(pids)!r}, 'w').write(f'{{os.getpid()}} '); time.sleep(600)"
    )
    with subprocess.Popen(["cat", str(pids)], stdout=subprocess.PIPE, text=True) as reader:
        result = tried(tmp_path, wall=3)
        assert reader.stdout is not None
        found = [int(pid) for pid in reader.stdout.read().split()]
    assert result.failure == "it took longer than 3 s to load the model"
    assert found
    assert not any(Path(f"/proc/{pid}/exe").exists() and not is_zombie(pid) for pid in found)


def is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_memory_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_call(tmp_path, "len(bytearray(64 << 30))")
    result = tried(tmp_path)
    assert result.failure is not None
    assert result.failure.startswith("MemoryError")


def test_no_file_of_a_trial_grows_without_end(tmp_path: Path) -> None:
    save_call(tmp_path, "f = open('big', 'wb'); f.seek(3 << 30); f.write(b'x'); f.close()")
    result = tried(tmp_path)
    assert not result.ok
    assert result.stage == "load"


def may_make_namespaces() -> bool:
    return subprocess.run(["unshare", "-Urn", "true"], capture_output=True).returncode == 0


def test_nothing_is_written_elsewhere_and_no_network_is_there(tmp_path: Path) -> None:
    if not may_make_namespaces():
        lacking("user namespaces")
    canary = tmp_path / "canary"
    save_call(tmp_path, f"open({str(canary)!r}, 'w')")
    result = tried(tmp_path)
    assert "Read-only file system" in str(result.failure)
    assert not canary.exists()
    save_call(tmp_path, "import socket; socket.create_connection(('127.0.0.1', 9), 5)")
    assert "unreachable" in str(tried(tmp_path).failure)


def test_secrets_in_the_environment_are_not_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUD_SECRET", "hush")
    save_call(tmp_path, "import os; raise ValueError(sorted(os.environ))")
    result = tried(tmp_path)
    assert "PATH" in str(result.failure)
    assert "CLOUD_SECRET" not in str(result.failure)


def test_a_file_without_a_model_is_final(tmp_path: Path) -> None:
    save(tmp_path, {"weights": [1, 2]})
    result = tried(tmp_path)
    assert result.final
    assert result.reason == "the file holds a `dict` of `weights`: none of them predicts"


def test_a_model_of_named_columns_that_fails_without_pandas_asks_for_it(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import sys\n"
        "sys.modules['pandas'] = None\n"  # as where it is not installed
        "class Named:\n"
        "    feature_names_in_ = ['a', 'b']\n"
        "    def predict(self, rows):\n"
        "        raise ValueError('feature_names mismatch')\n"
    )
    (tmp_path / "model.pkl").write_bytes(b"(imine\nNamed\n.")
    result = tried(tmp_path)
    assert not result.ok
    assert (result.failure or "").startswith("ModuleNotFoundError: ")
    assert "pandas" in (result.failure or "")


def test_dill_reads_what_dill_wrote(tmp_path: Path) -> None:
    (tmp_path / "dill.py").write_text(
        "import pickle\n"
        "class Reader(pickle._Unpickler):\n"  # dill calls the module of a script `__builtin__.__main__`
        "    def find_class(self, module, name):\n"
        "        if (module, name) == ('__builtin__', '__main__'):\n"
        "            return lambda rows: rows\n"
        "        return super().find_class(module, name)\n"
        "def load(source):\n"
        "    return Reader(source).load()\n"
    )
    (tmp_path / "model.pkl").write_bytes(b"\x80\x03c__builtin__\n__main__\n.")
    assert "No module named '__builtin__'" in (tried(tmp_path).failure or "")
    assert tried(tmp_path, loader="dill").stage == "done"
