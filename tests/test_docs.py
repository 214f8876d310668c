"""The documentation is true: it builds without a warning, its examples run, and its tables are complete.

In the pages under docs/, a comment before a code block says what the test does with it:
`<!-- file: NAME -->` writes the block to NAME, `<!-- run -->` runs the block's `$ ` lines and compares what they print
(`...` stands for anything within a line, alone on a line for any lines), `<!-- run: exit 1 -->` expects that exit
status of the last of them.
"""

from __future__ import annotations

import html
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import click
import pytest

from homeport.cli.main import cli
from homeport.domain.bundle import Bundle, BundledEnvironment, BundledModel
from homeport.domain.lock import Lock
from homeport.domain.service import CONTROL_FORMAT, Generation, Service
from homeport.scoring.control import parse as parse_request
from homeport.scoring.metrics import Metrics

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
MARKED = re.compile(r"<!-- (file|run)(?:: ([^>]*?))? -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUNNABLE = [page for page in PAGES if MARKED.search(page.read_text())]
THE_PORT = "6789"  # what the pages say; every run takes free ones instead


@dataclass(frozen=True)
class Block:
    kind: str
    argument: str
    text: str

    @property
    def steps(self) -> list[tuple[str, str]]:
        """(command, what it prints)"""
        parts = re.split(r"^\$ ", self.text, flags=re.MULTILINE)
        assert not parts[0].strip(), f"a run block begins with `$ `: {self.text}"
        return [split_command(part) for part in parts[1:]]


def split_command(part: str) -> tuple[str, str]:
    lines = part.splitlines()
    last = next(number for number, line in enumerate(lines) if not line.endswith("\\"))
    return "\n".join(lines[: last + 1]), "\n".join(lines[last + 1 :])


def blocks_of(page: Path) -> list[Block]:
    return [Block(kind, argument or "", text) for kind, argument, text in MARKED.findall(page.read_text())]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@pytest.fixture
def reader(home: Path, project: Path) -> Iterator[Reader]:
    one = Reader(project, home, str(free_port()))
    yield one
    one.leave()


@dataclass
class Reader:
    """Somebody who does in an empty folder what a page says."""

    folder: Path
    home: Path
    port: str
    last_status: int = 0

    def do(self, block: Block) -> None:
        text = block.text.replace(THE_PORT, self.port)
        if block.kind == "file":
            (self.folder / block.argument).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / block.argument).write_text(text)
            return
        steps = Block(block.kind, block.argument, text).steps
        wanted = int(block.argument.removeprefix("exit ") or 0)
        for number, (command, prints) in enumerate(steps):
            status, printed = self.type(command)
            expected_status = wanted if number == len(steps) - 1 else 0
            assert status == expected_status, f"$ {command}\nexit status {status}\n{printed}"
            assert matches(prints, printed), f"$ {command}\nthe page says:\n{prints}\n\nit printed:\n{printed}"

    def type(self, command: str) -> tuple[int, str]:
        scripts = Path(sys.executable).parent
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env={
                **os.environ,
                "HOMEPORT_HOME": str(self.home),
                "PATH": f"{scripts}:{os.environ['PATH']}",
                "VIRTUAL_ENV": str(scripts.parent),
                "COLUMNS": "200",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        return done.returncode, done.stdout

    def leave(self) -> None:
        status, printed = self.type("homeport service list --json")
        for service in json.loads(printed[printed.index("[") :]) if status == 0 else []:
            self.type(f"homeport service delete {service['name']} --yes")


def matches(expected: str, printed: str) -> bool:
    """Line by line, runs of spaces alike; `...` is anything within a line, or any lines where it stands alone."""
    if not expected.strip():
        return True
    pattern = "".join(line_pattern(line) for line in squeezed(expected).splitlines())
    return re.fullmatch(pattern, squeezed(printed) + "\n") is not None


def line_pattern(line: str) -> str:
    if line == "...":
        return r"(?:.*\n)*?"
    return re.escape(line).replace(re.escape("..."), r".*?") + r"\n"


def squeezed(text: str) -> str:
    return re.sub(r" +", " ", text.strip())


@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: str(page.relative_to(DOCS)))
def test_a_page_does_what_it_says(page: Path, reader: Reader) -> None:
    for block in blocks_of(page):
        reader.do(block)


def test_it_builds_without_a_warning_and_explains_every_command(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", "-d", str(tmp_path / "trees")]
    done = subprocess.run([*build, str(DOCS), str(tmp_path / "html")], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    page = html.unescape(re.sub(r"<[^>]+>", "", (tmp_path / "html" / "reference" / "commands.html").read_text()))
    assert [command for command in commands(cli, "homeport") if f"\n{command} [" not in page] == []


def commands(group: click.Group, path: str) -> Iterator[str]:
    """The full names of all commands that are not hidden."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        elif command is not None and not command.hidden:
            yield f"{path} {name}"


def named_in_tables(page: str) -> set[str]:
    """The words in code type in the first cells of a page's tables."""
    rows = [line.split("|")[1] for line in (DOCS / page).read_text().splitlines() if line.startswith("| ")]
    return {word for cell in rows for word in re.findall(r"`([^`]+)`", cell)}


def test_every_key_of_the_files_on_disk_is_explained() -> None:
    kinds = (Service, Generation, Bundle, BundledModel, BundledEnvironment, Lock)
    keys = {field.name for kind in kinds for field in fields(kind)} | {"format", "hash"}
    told = named_in_tables("reference/files.md")
    text = (DOCS / "reference" / "files.md").read_text()
    assert {key for key in keys if key not in told and f"`{key}`" not in text} == set()
    assert told <= keys


def test_every_variable_of_ours_is_explained() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    text = (DOCS / "reference" / "environment-variables.md").read_text()
    assert {name for name in re.findall(r"HOMEPORT_[A-Z_]*[A-Z]", sources) if f"`{name}`" not in text} == set()
    told = {name for name in named_in_tables("reference/environment-variables.md") if name.isupper()}
    assert {name for name in told if f'"{name}"' not in sources} == {"NO_COLOR"}  # click reads that one


def test_every_verb_of_the_control_protocol_is_explained() -> None:
    assert named_in_tables("reference/control-protocol.md") == {"status", "switch", "stop"}
    for verb in ("status", "switch", "stop"):
        parse_request(json.dumps({"format": CONTROL_FORMAT, "do": verb}).encode())


def test_no_page_is_copied_with_a_leftover() -> None:
    left = [f"{page.name}: {word}" for page in PAGES for word in ("TODO", "FIXME", "XXX") if word in page.read_text()]
    assert left == []


def test_every_metric_is_explained() -> None:
    told = {name for name in named_in_tables("reference/metrics.md") if name.startswith("homeport_")}
    assert told == {instrument.name for instrument in vars(Metrics()).values()}
