"""Real pickles, cut short and changed at random: a report or the room's own error, never anything else."""

from __future__ import annotations

import pickle
import pickletools
import random
import subprocess
import sys
from pathlib import Path

import pytest

from homeport.errors import UnreadableModelError
from homeport.inspection.allowed import as_python_3
from homeport.inspection.pickle_findings import findings_of
from homeport.inspection.pickle_report import read_pickle_bytes
from homeport.inspection.pickle_values import GlobalName
from tests.conftest import count
from tests.inspection.hostile import LIVE, QUIET

FOLDER = Path(__file__).parent / "pickles"
FILES = sorted(file for file in FOLDER.iterdir() if file.suffix not in (".json", ".py", ".md", ""))


def inspected(content: bytes) -> bool:
    """Whether it could be read, or named something risky before it broke."""
    try:
        findings = findings_of(read_pickle_bytes(content))
    except UnreadableModelError:
        return False
    findings.to_json()
    return True


def changed(content: bytes, chance: random.Random) -> bytes:
    """A few bytes replaced, removed, doubled or put elsewhere; now and then an opcode that counts."""
    mutable = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at = chance.randrange(len(mutable) or 1)
        kind = chance.randrange(6)
        if kind == 0:
            mutable[at : at + 1] = bytes([chance.randrange(256)])
        elif kind == 1:
            del mutable[at : at + chance.choice((1, 2, 50))]
        elif kind == 2:
            mutable[at:at] = mutable[at : at + chance.choice((1, 8, 200))]
        elif kind == 3:
            mutable[at:at] = bytes([ord(chance.choice(pickletools.opcodes).code)])
        elif kind == 4:
            mutable[at : at + 4] = bytes(chance.randrange(256) for _ in range(4))
        else:
            mutable[at : at + 8] = chance.choice((b"\xff" * 8, b"\0" * 8, b"\0\0\0\0\1\0\0\0"))
    return bytes(mutable)


@pytest.mark.soak
def test_changed_pickles_are_read_or_refused() -> None:
    chance = random.Random(20261122)
    samples = [file.read_bytes() for file in FILES] + [make("true") for make in (*LIVE.values(), *QUIET.values())]
    samples = [sample for sample in samples if len(sample) < 100_000]
    read = sum(inspected(changed(chance.choice(samples), chance)) for _ in range(count(500, 50_000)))
    assert read > 20  # some changes must leave a pickle, or nothing but the first byte is tried


@pytest.mark.soak
def test_a_model_that_is_cut_short_is_refused() -> None:
    chance = random.Random(4)
    for file in chance.sample(FILES, count(6, len(FILES))):
        content = file.read_bytes()
        if file.suffix in (".cloudpickle", ".dill"):
            continue  # cut or not, these name what runs code
        for at in sorted(chance.sample(range(len(content)), min(count(25, 400), len(content)))):
            with pytest.raises(UnreadableModelError):
                findings_of(read_pickle_bytes(content[:at]))


@pytest.mark.soak
def test_random_bytes_are_refused() -> None:
    chance = random.Random(5)
    for _ in range(count(300, 20_000)):
        inspected(bytes(chance.randrange(256) for _ in range(chance.choice((1, 5, 40, 300)))))


@pytest.mark.parametrize(
    "file", [file for file in FILES if file.suffix == ".pkl" and "packed" not in file.name], ids=lambda file: file.name
)
def test_plain_pickles_name_what_pickletools_sees(file: Path) -> None:
    content = file.read_bytes()
    assert set(read_pickle_bytes(content).names) == set(seen_by_pickletools(content))


def seen_by_pickletools(content: bytes) -> list[GlobalName]:
    """GLOBAL's own argument; for STACK_GLOBAL, the two texts before it, looked up in the memo where they are got."""
    memo: dict[int, object] = {}
    texts: list[object] = []
    found: list[GlobalName] = []
    for opcode, argument, _ in pickletools.genops(content):
        if opcode.name == "GLOBAL":
            found.append(GlobalName(*argument.split(" ")))
        elif opcode.name == "STACK_GLOBAL":
            found.append(GlobalName(str(texts[-2]), str(texts[-1])))
            texts.append(None)
        elif opcode.name == "MEMOIZE":
            memo[len(memo)] = texts[-1] if texts else None
        elif opcode.name in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = texts[-1] if texts else None
        elif opcode.name in ("BINGET", "LONG_BINGET"):
            texts.append(memo[argument])
        elif opcode.name not in ("PROTO", "FRAME"):
            texts.append(argument)
    return found


# The real unpickler, which gets a toy for every global that it asks for; with a limit, as a changed pickle may want
# more memory than there is. Reads a list of pickles, writes the names that each asked for.
ASKING = """
import io, pickle, resource, sys

resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))

class Toy:
    def __init__(self, *arguments, **named): pass
    def __call__(self, *arguments): return Toy()
    def __setitem__(self, key, value): pass
    def append(self, value): pass
    def extend(self, values): pass
    def __setstate__(self, state): pass

class Asking(pickle.Unpickler):
    def find_class(self, module, name):
        asked.append((module, name))
        return Toy

every = []
for content in pickle.load(sys.stdin.buffer):
    asked = []
    try:
        Asking(io.BytesIO(content)).load()
    except BaseException:
        pass
    every.append(asked)
pickle.dump(every, sys.stdout.buffer)
"""


@pytest.mark.soak
def test_whatever_the_real_unpickler_asks_for_in_a_changed_pickle_is_named() -> None:
    """The difference that a hostile file looks for: a name that loading sees and inspecting does not."""
    chance = random.Random(6)
    samples = [file.read_bytes() for file in FILES if file.suffix in (".pkl", ".cloudpickle", ".dill")]
    samples += [make("true") for make in (*LIVE.values(), *QUIET.values())]
    samples = [sample for sample in samples if len(sample) < 100_000]
    contents = [changed(chance.choice(samples), chance) for _ in range(count(500, 20_000))]
    run = [sys.executable, "-W", "ignore", "-c", ASKING]
    done = subprocess.run(run, input=pickle.dumps(contents), capture_output=True, check=True)
    every = pickle.loads(done.stdout)
    assert sum(bool(asked) for asked in every) > 50
    for content, asked in zip(contents, every, strict=True):
        if asked and not misframed(content):
            assert {GlobalName(*name) for name in asked} <= named(content), content


def misframed(content: bytes) -> bool:
    """Refused, or told as damaged, because readers differ in what it names."""
    try:
        report = read_pickle_bytes(content)
    except UnreadableModelError as error:
        return "frames" in error.message
    return report.damage is not None and "frames" in report.damage


def named(content: bytes) -> set[GlobalName]:
    try:
        return set(read_pickle_bytes(content).names)
    except UnreadableModelError as error:
        raise AssertionError(f"refused without a word about its names: {error.message}") from error


def test_python_2s_names_are_those_that_python_3_imports() -> None:
    assert as_python_3(GlobalName("__builtin__", "eval")) == ("builtins", "eval")
    assert as_python_3(GlobalName("commands", "getoutput")) == ("subprocess", "getoutput")
    assert as_python_3(GlobalName("sklearn.svm", "SVC")) == ("sklearn.svm", "SVC")
