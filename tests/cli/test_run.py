"""`homeport run` behaves as `python` does, with the azureml names answered."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.conftest import Homeport, Screen, need_interpreter

FACTS = """
    import os, sys
    print(sys.argv, __name__, __spec__, __file__, sys.path[0], sorted(vars()))
    print(sys.path, sys.flags, sys.modules["__main__"].__dict__ is globals(), "click" in sys.modules)
"""


def write(project: Path, text: str, name: str = "script.py") -> Path:
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))
    return path


def python(project: Path, *words: str, stdin: str | None = None) -> Screen:
    done = subprocess.run(
        [sys.executable, *words], cwd=project, input=stdin, capture_output=True, text=True, timeout=60
    )
    return Screen(done.returncode, done.stdout, done.stderr)


# Each script behaves the same, to the letter, under `homeport run` and under `python`.
SAME = {
    "what the script sees of itself": FACTS,
    "exit with a number": "import sys; sys.exit(7)",
    "exit with a text": "import sys; sys.exit('that was it')",
    "exit without anything": "raise SystemExit",
    "exit with something else": "raise SystemExit([1, 2])",
    "an uncaught error": "def f():\n    return {}['missing']\nprint('before')\nf()",
    "a syntax error": "def f(:\n    pass",
    "an interrupt": "raise KeyboardInterrupt",
    "a module beside it": "import beside; print(beside.__file__)",
    "standard input": "import sys; print(sys.stdin.read().upper())",
    "work at the end": "import atexit; atexit.register(print, 'end'); print('begin')",
    "a main guard": "if __name__ == '__main__':\n    print('main')",
    "a thread's error": "import threading; t = threading.Thread(target=lambda: 1 / 0, name='T'); t.start(); t.join()",
    "warnings": "import warnings; warnings.warn('old', DeprecationWarning)",
    "a hook of its own": "import sys; sys.excepthook = lambda *_: print('hooked'); 1 / 0",
    "killed": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "pickling what it defines": """
        import pickle
        class Point:
            x = 1
        print(pickle.dumps(Point()), pickle.loads(pickle.dumps(Point())).x)
    """,
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME.keys())
def test_it_is_what_python_does(homeport: Homeport, project: Path, text: str) -> None:
    write(project, text)
    write(project, "", "beside.py")
    words = ("script.py", "a", "--json", "-h", "--", "-x", "")
    assert homeport("run", *words, stdin="in") == python(project, *words, stdin="in")


def test_the_scripts_own_folder_comes_first(homeport: Homeport, project: Path) -> None:
    write(project, "import click; print(click.mine)", "deep/script.py")
    write(project, "mine = 'the neighbour'", "deep/click.py")
    assert homeport("run", "deep/script.py").stdout == "the neighbour\n"


def test_the_azureml_names_are_answered(homeport: Homeport, project: Path) -> None:
    write(project, "from azureml.core import Workspace, VERSION; print(Workspace.__module__, VERSION)")
    assert homeport("run", "script.py").stdout == "homeport.sdk.workspace 1.61.0\n"


def test_without_it_nothing_is_answered(project: Path) -> None:
    write(project, "import homeport, azureml.core")
    assert "No module named 'azureml" in python(project, "script.py").stderr


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_pool_of_processes_works_however_it_is_started(homeport: Homeport, project: Path, method: str) -> None:
    write(
        project,
        """
        import multiprocessing, sys
        from azureml.core import VERSION
        class Point:
            def __init__(self, x):
                self.x = x
        def double(point):
            return Point(point.x * 2), VERSION
        if __name__ == "__main__":
            with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
                print([(point.x, version) for point, version in pool.map(double, [Point(1), Point(2)])])
        """,
    )
    done = homeport("run", "script.py", method)
    assert done.stdout == "[(2, '1.61.0'), (4, '1.61.0')]\n", done.stderr


def test_a_python_that_the_script_starts_is_answered_too_and_another_one_is_left_alone(
    homeport: Homeport, project: Path
) -> None:
    write(
        project,
        """
        import subprocess, sys
        ask = "import sys; print([p for p in sys.path if 'run_site' in p])\\ntry:\\n    import azureml.core; "
        ask += "print('ours')\\nexcept ImportError:\\n    print('none')"
        for python in (sys.executable, sys.argv[1]):
            print(subprocess.check_output([python, "-c", ask], text=True, stderr=subprocess.STDOUT), end="")
        """,
    )
    assert homeport("run", "script.py", need_interpreter("3.6")).stdout == "[]\nours\n[]\nnone\n"


def test_a_sitecustomize_of_the_users_own_has_its_turn(homeport: Homeport, project: Path) -> None:
    write(project, "import sys; sys.marked = 'mine'", "own/sitecustomize.py")
    write(project, "import sys, azureml.core; print(sys.marked, sys.modules['sitecustomize'].__name__)")
    assert homeport("run", "script.py", PYTHONPATH=str(project / "own")).stdout == "mine sitecustomize\n"


def test_a_reader_that_leaves_early_is_what_it_is_under_python(home: Path, project: Path) -> None:
    write(project, "for number in range(100_000): print(number)")

    def head(*command: str) -> tuple[int, bytes]:
        process = subprocess.Popen([sys.executable, *command], cwd=project, stdout=-1, stderr=-1)
        assert process.stdout and process.stderr
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        process.stderr.close()
        return process.wait(), said

    assert head("-m", "homeport", "run", "script.py") == head("script.py")


def test_ctrl_c_ends_the_script_as_it_ends_python(home: Path, project: Path) -> None:
    write(project, "import time\nprint('ready', flush=True)\ntime.sleep(60)")

    def interrupted(*command: str) -> tuple[int, bytes, int]:
        before = signal.signal(signal.SIGINT, signal.SIG_DFL)  # where we run in the background, it is ignored
        try:
            process = subprocess.Popen([sys.executable, *command], cwd=project, stdout=-1, stderr=-1)
        finally:
            signal.signal(signal.SIGINT, before)
        assert process.stdout and process.stderr
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        said = process.communicate()[1]
        return process.returncode, said.splitlines()[-1], said.count(b"File ")

    assert interrupted("-m", "homeport", "run", "script.py") == interrupted("script.py")


def test_a_missing_script_is_said_and_the_status_is_pythons(homeport: Homeport) -> None:
    done = homeport("run", "nothing.py")
    assert (done.exit_code, done.stderr) == (
        2,
        "error: the script `nothing.py` does not exist\n\nhint: check the path and the spelling\n",
    )


def test_it_leaves_its_own_process_for_the_script(homeport: Homeport, project: Path) -> None:
    write(project, "import os; print(os.getpid())")
    process = subprocess.Popen(
        [sys.executable, "-m", "homeport", "run", "script.py"], cwd=project, stdout=-1, env={**os.environ}
    )
    assert int(process.communicate()[0]) == process.pid
