from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timezone

import pytest

from homeport.domain.lock import Lock, LockedFile, LockedPackage, LockedPython
from homeport.errors import InvalidInputError

PYTHON = LockedPython(version="3.7.16", implementation="cpython", abi="cpython-37m", libc="glibc 2.36")
NUMPY = LockedPackage(name="numpy", version="1.18.1", files=(LockedFile(name="numpy.whl", sha256="aa"),))
JOBLIB = LockedPackage(name="joblib", version="0.14.1", files=(LockedFile(name="joblib.whl", sha256="bb"),))
LOCK = Lock(
    engine="uv",
    platform="linux-x86_64",
    python=PYTHON,
    created=datetime(2026, 1, 1, tzinfo=timezone.utc),
    as_of=date(2020, 3, 1),
    requested=("numpy",),
    options=(),
    packages=(JOBLIB, NUMPY),
    pylock='url = "https://a.example/numpy.whl"',
)


def test_a_lock_survives_json() -> None:
    assert Lock.from_json(json.loads(json.dumps(LOCK.to_json()))) == LOCK


@pytest.mark.parametrize(
    "other",
    [
        replace(LOCK, created=datetime(2031, 1, 1, tzinfo=timezone.utc)),
        replace(LOCK, as_of=None),
        replace(LOCK, requested=("numpy>=1",)),
        replace(LOCK, pylock='url = "https://mirror.example/numpy.whl"'),
        replace(LOCK, packages=(NUMPY, JOBLIB)),
        replace(LOCK, python=replace(PYTHON, libc="glibc 2.17")),
    ],
)
def test_equal_content_has_an_equal_hash_whenever_and_from_wherever(other: Lock) -> None:
    assert other.hash == LOCK.hash


@pytest.mark.parametrize(
    "other",
    [
        replace(LOCK, platform="linux-aarch64"),
        replace(LOCK, python=replace(PYTHON, version="3.7.17")),
        replace(LOCK, python=replace(PYTHON, abi="cpython-37dm")),
        replace(LOCK, packages=(NUMPY,)),
        replace(LOCK, packages=(JOBLIB, replace(NUMPY, files=(LockedFile(name="numpy.whl", sha256="cc"),)))),
        replace(LOCK, packages=(JOBLIB, replace(NUMPY, source="git+https://a.example@1"))),
    ],
)
def test_other_content_has_another_hash(other: Lock) -> None:
    assert other.hash != LOCK.hash


def test_a_lock_changed_by_hand_is_refused() -> None:
    document = json.loads(json.dumps(LOCK.to_json()))
    document["packages"][1]["version"] = "1.18.2"
    with pytest.raises(InvalidInputError, match="changed by hand"):
        Lock.from_json(document)


@pytest.mark.parametrize("missing", ["python", "packages", "pylock"])
def test_half_a_lock_is_refused_with_the_way_out(missing: str) -> None:
    document = {key: value for key, value in LOCK.to_json().items() if key != missing}
    with pytest.raises(InvalidInputError, match="not complete") as caught:
        Lock.from_json(document)
    assert caught.value.hint and "--relock" in caught.value.hint
