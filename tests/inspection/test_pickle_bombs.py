"""Files made to cost: refused within the memory and the processor time that a child process is allowed."""

from __future__ import annotations

import bz2
import gzip
import lzma
import resource
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.inspection.assembled import PROTO_2, PROTO_4, STOP, Raw, call, name, short, value, whole

MEMORY = 700 << 20  # bytes of address space, of which Python and Homeport's imports take about a fifth
SECONDS = 40  # of processor time
MEGABYTE = 1 << 20

INSPECT = """
import sys
from pathlib import Path
from homeport.errors import UnreadableModelError
from homeport.inspection.pickle_findings import inspect_pickle
try:
    findings = inspect_pickle(Path(sys.argv[1]))
    print("risks" if findings.risks else "passed", findings.to_json())
except UnreadableModelError as error:
    print("refused", error.message)
"""


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def inspected(content: bytes | Path, folder: Path) -> str:
    """`passed`, `risks` or `refused`, and what was said, by a process with limits."""
    file = content if isinstance(content, Path) else folder / "model.pkl"
    if isinstance(content, bytes):
        file.write_bytes(content)
    run = [sys.executable, "-c", INSPECT, str(file)]
    done = subprocess.run(run, capture_output=True, text=True, preexec_fn=limited)
    assert done.returncode == 0, (done.returncode, done.stderr[-500:])
    return done.stdout


def doubled(levels: int) -> bytes:
    """((x, x), (x, x)) and so on: 2 ** levels values once it is unfolded, by three bytes a level."""
    return b"N" + b"2\x86" * levels


def array(shape: tuple[object, ...], code: str = "u1", size: int = -1) -> bytes:
    dtype = Raw(call("numpy.dtype", code, False, True) + value((3, "|", None, None, None, size, -1, 0)) + b"b")
    state = {"subclass": None, "shape": shape, "order": "C", "dtype": dtype, "allow_mmap": False}
    return name("joblib.numpy_pickle.NumpyArrayWrapper") + b")\x81" + value(state) + b"b"


def nested_objects(levels: int) -> bytes:
    return b"".join(PROTO_2 + array((1,), "O8") for _ in range(levels))


def zeros(compress: Callable[[bytes], bytes], times: int) -> bytes:
    return compress(b"\0" * (100 * MEGABYTE)) * times


REFUSED: dict[str, Callable[[], bytes]] = {
    "tuples that double": lambda: whole(doubled(60)),
    "tuples that double, as a key": lambda: whole(b"}" + doubled(400) + b"Ns"),
    "lists that double": lambda: whole(b"N" + b"".join(b"q%c0(h%ch%cl" % (n, n, n) for n in range(60))),
    "a billion duplicates": lambda: whole(b"N" + b"2" * (8 * MEGABYTE)),
    "a million marks": lambda: whole(b"(" * (8 * MEGABYTE)),
    "more opcodes than a model has": lambda: whole(b"N0" * (5 * MEGABYTE) + b"N"),
    "a string of 4 exabytes": lambda: PROTO_4 + b"\x8e" + struct.pack("<Q", 1 << 62) + b"x" * 100 + STOP,
    "a text of 4 exabytes": lambda: PROTO_4 + b"\x8d" + struct.pack("<Q", 1 << 62) + b"x" * 100 + STOP,
    "a byte array of 1 terabyte": lambda: b"\x80\x05\x96" + struct.pack("<Q", 1 << 40) + b"x" * 100 + STOP,
    "a string of 4 gigabytes": lambda: PROTO_2 + b"B" + struct.pack("<I", 0xFFFFFFFF) + b"x" * 100 + STOP,
    "a string of less than nothing": lambda: PROTO_2 + b"T" + struct.pack("<i", -5) + b"x" * 100 + STOP,
    "a number of 2 gigabytes": lambda: PROTO_2 + b"\x8b" + struct.pack("<i", 0x7FFFFFFF) + b"x" * 100 + STOP,
    "a number of less than nothing": lambda: PROTO_2 + b"\x8b" + struct.pack("<i", -1) + b"x" * 100 + STOP,
    "a frame of 16 exabytes": lambda: PROTO_4 + b"\x95" + b"\xff" * 8 + b"N" + STOP,
    "a line without an end": lambda: b"V" + b"a" * (20 * MEGABYTE),
    "an array of 2 ** 200 bytes": lambda: whole(array((Raw(b"\x8a\x0d" + b"\0" * 12 + b"\x01"), 1 << 30, 1 << 30))),
    "an array of negative size": lambda: whole(array((-5,))),
    "an array of texts of 4 gigabytes each": lambda: whole(array((1 << 30,), "U1", 0x7FFFFFFF)),
    "an array whose type has no size": lambda: whole(array((3,), "V")),
    "an array that is not there": lambda: whole(array((1000,)))[:-1],
    "arrays of objects inside each other": lambda: nested_objects(200),
    "gzip of gigabytes": lambda: zeros(gzip.compress, 15),
    "bz2 of gigabytes": lambda: zeros(bz2.compress, 15),
    "xz of gigabytes": lambda: zeros(lzma.compress, 15),
    "zlib of a string that is too long": lambda: zlib.compress(
        PROTO_4 + b"\x8e" + struct.pack("<Q", 1 << 40) + b"x" * 99
    ),
    "xz that wants 4 gigabytes for its dictionary": lambda: (
        lzma.compress(b"\0" * 99, lzma.FORMAT_ALONE, filters=[{"id": lzma.FILTER_LZMA1, "preset": 0}])[:1]
        + struct.pack("<I", 0xFFFFFFFF)
        + b"\xff" * 8
        + b"\0" * 99
    ),
    "nothing at all": lambda: b"",
    "only a STOP": lambda: STOP,
    "a protocol that does not exist": lambda: b"\x80\x09N.",
    "a memo entry that is not there": lambda: whole(b"h\x07"),
    "a pop of nothing": lambda: whole(b"0"),
    "a tuple without its mark": lambda: whole(b"Nt"),
    "text": lambda: b"this is no pickle\n",
}

# These cost nothing here: what is far away in the memo or deep is kept as it is.
HARMLESS: dict[str, Callable[[], bytes]] = {
    "a memo index of 4 billion": lambda: whole(b"Nr\xff\xff\xff\xff"),
    "a memo index of a million digits": lambda: b"Np" + b"9" * 300 + b"\n.",
    "a number of ten million digits": lambda: b"I" + b"9" * (10 * MEGABYTE) + b"\n.",
    "a number of a megabyte": lambda: whole(b"\x8b" + struct.pack("<i", MEGABYTE) + b"\x7f" * MEGABYTE),
    "lists 200,000 deep": lambda: whole(b"]" * 200_000 + b"a" * 199_999),
    "tuples 200,000 deep": lambda: whole(b"N" + b"\x85" * 200_000),
    "dictionaries deep in each other": lambda: whole(b"}N" * 100_000 + b"}" + b"s" * 100_000),
    "two million memo entries": lambda: whole(b"](" + b"\x8c\x01a\x94" * (2 * MEGABYTE // 2) + b"e"),
    "a gigabyte of small texts": lambda: whole(b"](" + (b"X\xf4\x01\x00\x00" + b"a" * 500 + b"\x94") * 200_000 + b"e"),
    "a list that holds itself": lambda: whole(b"]\x94h\x00a"),
    "a long string": lambda: whole(b"\x8e" + struct.pack("<Q", 200 * MEGABYTE) + b"x" * (200 * MEGABYTE)),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_bomb_is_refused_within_limits(kind: str, tmp_path: Path) -> None:
    told = inspected(REFUSED[kind](), tmp_path)
    assert told.startswith("refused"), told[:300]
    assert len(told) < 400


@pytest.mark.parametrize("kind", HARMLESS)
def test_what_only_looks_expensive_is_read_within_limits(kind: str, tmp_path: Path) -> None:
    told = inspected(HARMLESS[kind](), tmp_path)
    assert told.startswith(("passed", "refused")), told[:300]


def test_a_bomb_behind_a_dangerous_call_is_told_as_dangerous(tmp_path: Path) -> None:
    told = inspected(PROTO_4 + call("os.system", "true") + b"N" + b"2" * (8 * MEGABYTE) + STOP, tmp_path)
    assert told.startswith("risks") and "os.system" in told and "damaged" in told


def test_names_without_end_do_not_fill_the_report(tmp_path: Path) -> None:
    long = "a" * 200
    content = whole(b"".join(short(f"{long}{n}") + short(long) + b"\x93" for n in range(50_000)))
    assert inspected(content, tmp_path).startswith("risks")
