"""Files that were made to cost or to harm: every reader comes back in bounded time and memory, and runs nothing."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import random
import resource
import struct
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport.domain.findings import Findings
from homeport.inspection import inspect_model
from homeport.inspection.formats import inspect_source
from homeport.inspection.source import in_memory
from homeport.inspection.told import as_told
from tests.conftest import count

FILES = Path(__file__).with_name("files")
ALL = sorted(path for path in FILES.rglob("*") if path.is_file() and path.suffix not in (".md", ".txt", ".yaml"))
SECONDS = 20.0  # far more than any of them takes, on the slowest machine


def look(content: bytes) -> Findings:
    return as_told(inspect_source(in_memory(content)))


class Touches:
    """Unpickling it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.path}",)


def mutated(content: bytes, dice: random.Random) -> bytes:
    """A few bytes changed, taken away, doubled or made as large as can be."""
    data = bytearray(content)
    for _ in range(dice.choice((1, 1, 2, 5, 20))):
        at = dice.randrange(len(data) + 1) if data else 0
        kind = dice.randrange(6)
        if kind == 0 and at < len(data):
            data[at] = dice.randrange(256)
        elif kind == 1:
            del data[at : at + dice.choice((1, 4, 100))]
        elif kind == 2:
            data[at:at] = data[at : at + dice.choice((1, 8, 200))]
        elif kind == 3:
            data[at : at + 4] = struct.pack("<I", dice.choice((0, 1, 2**31 - 1, 2**31, 2**32 - 1)))
        elif kind == 4:
            data[at : at + 8] = struct.pack("<Q", dice.choice((0, 2**63 - 1, 2**63, 2**64 - 1)))
        else:
            del data[at:]
    return bytes(data)


@pytest.mark.soak
@pytest.mark.parametrize("path", ALL, ids=lambda path: str(path.relative_to(FILES)))
def test_no_mutation_of_a_file_gets_more_than_findings_out_of_a_reader(path: Path) -> None:
    content = path.read_bytes()
    dice = random.Random(f"{path.name} {os.environ.get('HOMEPORT_SOAK')}")
    for _ in range(count(200, 20_000)):
        broken = mutated(content, dice)
        found = look(broken)
        assert Findings.from_json(found.to_json()) is not None, broken
        assert found.size == len(broken)


@pytest.mark.parametrize("path", ALL, ids=lambda path: str(path.relative_to(FILES)))
def test_a_file_that_is_cut_short_anywhere_is_read_as_far_as_it_goes(path: Path) -> None:
    content = path.read_bytes()
    for length in range(0, len(content), max(1, len(content) // 40)):
        look(content[:length])


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return stream.getvalue()


def bounded(content: bytes) -> Findings:
    """With a watch on time and memory."""
    began = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = look(content)
    assert time.monotonic() - began < SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 700 << 10  # KiB
    return found


LONG = 200 << 20  # more than any reader unpacks


def bomb(kind: str) -> bytes:
    zeros = bytes(LONG)
    if kind == "gzip":
        return gzip.compress(zeros, 1)
    if kind == "nested":
        inner = zipped(("x", zeros))
        return zipped(("inner.zip", inner), ("more.zip", zipped(("inner.zip", inner))))
    members = {
        "skops": [("schema.json", zeros)],
        "torch": [("m/data.pkl", zeros), ("m/version", b"3\n")],
        "keras": [("config.json", zeros), ("metadata.json", b"{}")],
        "npz": [("x.npy", zeros)],
    }
    return zipped(*members[kind])


@pytest.mark.parametrize("kind", ["skops", "torch", "keras", "npz", "nested", "gzip"])
def test_a_bomb_is_not_unpacked(kind: str) -> None:
    found = bounded(bomb(kind))
    if kind != "nested":
        assert found.risks, "what is not read may be anything"
        assert "unread" in " ".join(risk.name for risk in found.risks)
    assert not found.runs_code


def safetensors_of(length: int, header: bytes = b"{}") -> bytes:
    return struct.pack("<Q", length) + header


def npy_of(header: bytes, length: int | None = None) -> bytes:
    return b"\x93NUMPY\x02\x00" + struct.pack("<I", len(header) if length is None else length) + header


def end_of_zip(members: int, length: int, start: int) -> bytes:
    return (
        b"PK\x03\x04" + bytes(100) + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, members, members, length, start, 0)
    )


LIES = {
    "a header that is longer than the file": safetensors_of(2**62),
    "a header that is half the file": safetensors_of(20 << 20, b"{" + bytes(20 << 20)),
    "an array's header of 4 GiB": npy_of(b"{'descr': '<f8'}", 2**32 - 1),
    "an array's header that nests": npy_of(b"(" * 60_000),
    "an array's header that is code": npy_of(b"__import__('os').system('touch canary')"),
    "a directory that is elsewhere": end_of_zip(10, 1000, 2**31),
    "a directory of 60,000 files in no bytes": end_of_zip(60_000, 0, 0),
    "a catboost file of 4 GiB": b"CBM1" + b"\xff" * 4 + bytes(100),
    "a catboost table that points at itself": b"CBM1" + struct.pack("<I", 64) + bytes(64),
    "an xgboost name of 2**63 bytes": bytes(136) + struct.pack("<Q", 2**63) + b"binary:logistic" + bytes(100),
    "HDF5 whose header goes round": b"\x89HDF\r\n\x1a\n" + bytes([0] * 5 + [8, 8, 0]) + bytes(200),
    "an ONNX graph that is longer than the file": b"\x08\x08\x3a\xff\xff\xff\xff\x0f" + bytes(10),
    "JSON that nests": b'{"learner":' + b"[" * 200_000,
    "a skops schema that nests": zipped(("schema.json", b'{"a":' * 100_000)),
    "a Keras configuration that nests": zipped(("config.json", b"[" * 100_000), ("metadata.json", b"{}")),
    "an ONNX graph of a million empty nodes": b"\x08\x08\x3a\x80\x89\x7a" + b"\x0a\x00" * 1_000_000,
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_about_lengths_costs_nothing(lie: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = bounded(LIES[lie])
    assert found.format == "unknown" or "damaged" in found.facts or found.facts.get("tensors") == 0, found
    assert list(tmp_path.iterdir()) == []


def test_names_that_lead_out_of_an_archive_are_told() -> None:
    found = look(zipped(("../../etc/cron.d/x", b"x"), ("m/data.pkl", pickle.dumps({})), ("m/version", b"3\n")))
    assert found.facts["unsafe_names"] == ["../../etc/cron.d/x"]
    assert [risk.name for risk in found.risks] == ["archive path"]


def test_a_name_that_an_archive_has_twice_is_told_and_both_are_read(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = zipped(
            ("m/data.pkl", pickle.dumps({})),
            ("m/data.pkl", pickle.dumps(Touches(tmp_path / "canary"))),
            ("m/version", b"3\n"),
        )
    found = look(content)
    assert {"posix.system", "archive names"} == {risk.name for risk in found.risks}
    assert not (tmp_path / "canary").exists()


def hidden_from_zipfile(content: bytes) -> bytes:
    """The flag of an encrypted member and a wrong checksum: `zipfile` refuses them, PyTorch reads them all the same."""
    data = bytearray(content)
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    data[at + 16 : at + 20] = b"\0\0\0\0"
    return bytes(data)


def every_carrier(evil: bytes) -> Iterator[tuple[str, bytes]]:
    """The same pickle in all that holds one."""
    yield "pickle", evil
    yield "gzip", gzip.compress(evil)
    torch = zipped(("m/data.pkl", evil), ("m/version", b"3\n"), method=zipfile.ZIP_STORED)
    yield "torch", torch
    yield "torch that zipfile cannot read", hidden_from_zipfile(torch)
    yield "torchscript", zipped(("m/data.pkl", evil), ("m/constants.pkl", b"N."), ("m/code/a.py", b"def"))
    row = b"".join(pickle.dumps(part, protocol=2) for part in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}))
    yield "torch before 1.6", row + evil
    array = npy_of(b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }") + evil
    yield "npy", array
    yield "npz", zipped(("x.npy", array))
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        entry = tarfile.TarInfo("pickle")
        entry.size = len(evil)
        tar.addfile(entry, io.BytesIO(evil))
    yield "tar", stream.getvalue()


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_is_flagged_wherever_it_is_and_never_run(tmp_path: Path, protocol: int) -> None:
    canary = tmp_path / "canary"
    for name, content in every_carrier(pickle.dumps(Touches(canary), protocol=protocol)):
        found = look(content)
        assert "posix.system" in {risk.name for risk in found.risks if risk.danger == "runs_code"}, (name, found)
    assert not canary.exists()


@pytest.mark.parametrize("name", ["keras2_lambda.h5", "keras2_lambda.keras", "keras3_lambda.h5", "keras3_lambda.keras"])
def test_byte_code_in_a_lambda_layer_is_flagged(name: str) -> None:
    found = inspect_model(FILES / name)
    assert found.runs_code
    assert [risk.name for risk in found.risks] == ["keras Lambda"]
    assert inspect_model(FILES / name, allowed=["keras Lambda"]).risks == ()


def test_a_configuration_that_imports_something_else_is_flagged() -> None:
    config = b'{"module": "os", "class_name": "system", "config": "touch canary", "registered_name": "x"}'
    found = look(zipped(("config.json", config), ("metadata.json", b'{"keras_version": "3.0.0"}')))
    assert [risk.name for risk in found.risks] == ["os.system"]


def test_operators_that_reach_out_of_a_saved_model_are_flagged() -> None:
    found = inspect_model(FILES / "saved_model_writes")
    assert [(risk.name, risk.danger) for risk in found.risks] == [("tensorflow.WriteFile", "runs_code")]


def test_a_skops_file_that_names_something_risky_is_flagged() -> None:
    schema = b'{"__class__": "system", "__module__": "os", "__loader__": "FunctionNode", "content": "x"}'
    found = look(zipped(("schema.json", schema)))
    assert [(risk.name, risk.danger) for risk in found.risks] == [("os.system", "runs_code")]


def test_a_file_that_is_safetensors_and_a_pickle_at_once(tmp_path: Path) -> None:
    """`pickle.load` takes bytes 3 to 10 for the argument of one opcode; they end the length and begin the header."""
    canary = tmp_path / "canary"
    body = pickle.dumps(Touches(canary), protocol=2)[2:]
    content = b"\x80\x02G" + b"\x05\0\0\0\0" + b'{"a' + b"0" + body
    length = int.from_bytes(content[:8], "little")
    found = look(content.ljust(length + 16, b" "))
    assert "posix.system" in {risk.name for risk in found.risks}
    assert not canary.exists()


def test_text_of_a_file_cannot_drive_a_terminal() -> None:
    content = (FILES / "new.lgb").read_bytes().replace(b"binary sigmoid:1", b"\x1b[2J\x1b]0;x\x07")
    found = look(content)
    assert "\x1b" not in found.facts["objective"]
    assert "\\x1b[2J" in found.facts["objective"]


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert inspect_model(tmp_path / "pipe").format == "unknown"
    assert inspect_model(tmp_path).facts["looks_like"] == "an empty folder"
    assert inspect_model(Path("/dev/zero")).format == "unknown"


def test_a_large_file_is_read_in_a_process_with_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.write((FILES / "new.ubj").read_bytes()[:500])
        file.truncate(3 << 30)
    code = """
import resource, sys
from pathlib import Path
from homeport.inspection import inspect_model
resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20))
print(inspect_model(Path(sys.argv[1])).format)
"""
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, timeout=60)
    assert done.stdout == "xgboost-ubj\n", done.stderr
