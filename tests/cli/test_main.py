from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from homeport.cli.main import COMMANDS
from tests.conftest import Homeport

HEAVY = ("sqlalchemy", "alembic", "uvicorn", "httptools", "rich", "ruamel", "fastapi", "psutil")


def imported_by(*words: str, home: Path) -> set[str]:
    """The modules that a command's process has at its end."""
    code = (
        "import sys; sys.argv = ['homeport', *sys.argv[1:]]\n"
        "from homeport.cli.main import main\n"
        "try: main()\n"
        "finally: print('\\n'.join(sorted(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        env={"HOMEPORT_HOME": str(home), "PATH": "/usr/bin:/bin", "HOME": str(home)},
    )
    return set(done.stderr.splitlines())


def test_help_names_every_command_and_imports_none_of_them(homeport: Homeport, home: Path) -> None:
    screen = homeport("--help")
    assert screen.exit_code == 0
    assert [name for name in COMMANDS if f"\n  {name} " not in screen.stdout] == []
    modules = imported_by("--help", home=home)
    assert {name for name in modules if name.startswith("homeport.")} == {
        "homeport.cli",
        "homeport.cli.edge",
        "homeport.cli.group",
        "homeport.cli.main",
        "homeport.errors",
        "homeport.cli.visible",
    }


def test_listing_services_imports_no_database_and_no_server(home: Path) -> None:
    modules = imported_by("service", "list", home=home)
    assert "homeport.cli.service" in modules
    assert [name for name in HEAVY if name in modules] == []


def test_every_command_says_what_it_takes(homeport: Homeport) -> None:
    for name, (_, line) in COMMANDS.items():
        screen = homeport(name, "--help")
        assert screen.exit_code == 0, screen.stderr
        assert screen.stdout.startswith(f"Usage: homeport {name}")
        assert line.endswith(".")


def test_the_version_is_data(homeport: Homeport) -> None:
    screen = homeport("--version")
    assert (screen.exit_code, screen.stderr) == (0, "")
    assert screen.stdout[0].isdigit()


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["modle"], "`homeport` has no command `modle`", "did you mean `homeport model`?"),
        (["model", "lst"], "`homeport model` has no command `lst`", "did you mean `homeport model list`?"),
        (["deploy"], "`homeport` has no command `deploy`", "did you mean `homeport model deploy`?"),
        (["logs", "iris"], "`homeport` has no command `logs`", "did you mean `homeport service logs`?"),
        (["service", "deploy"], "`homeport service` has no command `deploy`", "did you mean `homeport model deploy`?"),
        (
            ["workspace", "xyz"],
            "`homeport workspace` has no command `xyz`",
            "it has `allow-global`, `create`, `delete`, `disallow-global`, `gc`, `list`, `policy`, `show`, `verify`",
        ),
        (["service", "list", "--jsn"], "no such option '--jsn'. Did you mean '--json'?", None),
    ],
)
def test_a_mistyped_command_says_what_was_meant(
    homeport: Homeport, words: list[str], message: str, hint: str | None
) -> None:
    screen = homeport(*words)
    assert (screen.exit_code, screen.stdout) == (2, "")
    assert screen.stderr.splitlines()[0].lower() == f"error: {message}".lower()
    if hint is not None:
        assert screen.stderr == f"error: {message}\n\nhint: {hint}\n"


def test_a_wrong_call_points_at_the_commands_help(homeport: Homeport) -> None:
    screen = homeport("model", "list", "--limit", "none")
    assert screen.exit_code == 2
    assert screen.stderr.startswith("error: invalid value for '--limit'")
    assert screen.stderr.endswith("\n\nhint: `homeport model list --help` says what it takes\n")
