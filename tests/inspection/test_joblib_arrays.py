"""Arrays in joblib's stream: where they end, what they hold, and the files beside a pickle of old."""

from __future__ import annotations

import io
from pathlib import Path

import joblib
import numpy as np
import pytest

from homeport.inspection.pickle_arrays import array_of
from homeport.inspection.pickle_findings import inspect_pickle
from homeport.inspection.pickle_report import PickleReport, read_pickle_bytes
from tests.inspection.assembled import PROTO_2, Raw, call, name, value, whole

PICKLES = Path(__file__).parent / "pickles"
ARRAYS = {
    "numbers": np.arange(12.0).reshape(3, 4),
    "column order": np.asfortranarray(np.arange(12).reshape(3, 4)),
    "big endian": np.arange(5).astype(">i4"),
    "texts": np.array(["a", "bcd"]),
    "bytes": np.array([b"ab", b"c"]),
    "booleans": np.array([True, False]),
    "records": np.zeros(3, dtype=[("a", "f4"), ("b", "i8", (2,))]),
    "days": np.array(["2020-01-01"], dtype="M8[D]"),
    "objects": np.array(["a", 1, None], dtype=object),
    "nothing": np.zeros((0, 3)),
    "one": np.array(7),
    "half": np.array([1.5], dtype="f2"),
    "complex": np.array([1 + 2j]),
}


def dumped(thing: object, compress: int = 0) -> PickleReport:
    file = io.BytesIO()
    joblib.dump(thing, file, compress=compress)
    return read_pickle_bytes(file.getvalue())


@pytest.mark.parametrize("kind", ARRAYS)
@pytest.mark.parametrize("compress", [0, 3])
def test_the_stream_goes_on_where_the_array_ends(kind: str, compress: int) -> None:
    report = dumped([ARRAYS[kind], "behind it", ARRAYS["numbers"], "the end"], compress)
    first, behind, second, end = report.root.items
    assert (behind, end) == ("behind it", "the end")
    assert array_of(first).shape == ARRAYS[kind].shape  # type: ignore[union-attr]
    assert array_of(second).shape == (3, 4)  # type: ignore[union-attr]
    assert report.trailing is None and report.risks() == ()


@pytest.mark.parametrize("kind", ["numbers", "big endian", "texts", "bytes", "booleans", "half"])
def test_small_arrays_tell_their_values(kind: str) -> None:
    found = array_of(dumped(ARRAYS[kind]).root)
    assert found is not None
    expected = [each.decode() if isinstance(each, bytes) else each for each in ARRAYS[kind].ravel().tolist()]
    assert found.values() == expected


def test_a_large_array_is_not_kept() -> None:
    report = dumped(np.zeros(1_000_000))
    found = array_of(report.root)
    assert found is not None and found.shape == (1_000_000,) and found.content is None
    assert report.joblib.bytes == 8_000_000


def test_files_beside_a_pickle_of_old_are_named() -> None:
    findings = inspect_pickle(PICKLES / "2015-py36-joblib094.pkl")
    assert findings.format == "joblib" and findings.risks == ()
    assert findings.facts["files_beside"] == ["model.pkl_01.npy"]


def test_a_file_elsewhere_is_a_risk() -> None:
    wrapper = name("joblib.numpy_pickle.NDArrayWrapper") + b")\x81"
    state = value({"filename": "../../secret.npy", "subclass": Raw(name("numpy.ndarray")), "allow_mmap": True})
    (risk,) = read_pickle_bytes(whole(wrapper + state + b"b", PROTO_2)).risks()
    assert "outside" in risk.why


def test_raw_bytes_that_look_like_opcodes_are_no_risk_where_only_joblib_reads_them() -> None:
    noise = np.frombuffer(bytes(range(256)) * 40, dtype="u1")
    assert dumped({"noise": noise, "more": np.random.default_rng(0).random(5000)}).risks() == ()


def test_a_dtype_that_is_made_by_something_else_is_refused_or_a_risk() -> None:
    state = {"shape": (1,), "dtype": Raw(call("os.system", "true")), "order": "C"}
    content = PROTO_2 + name("joblib.numpy_pickle.NumpyArrayWrapper") + b")\x81" + value(state) + b"b."
    assert any(risk.name == "os.system" for risk in read_pickle_bytes(content).risks())
