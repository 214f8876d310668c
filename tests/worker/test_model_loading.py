"""The loaders that need no library of their own: wrapped pickles, own modules, refusals."""

from __future__ import annotations

import bz2
import gzip
import lzma
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import pytest

from homeport.worker.model_loading import load


@pytest.mark.parametrize("opened", [open, gzip.open, bz2.open, lzma.open])
def test_a_pickle_is_read_through_any_compressor(tmp_path: Path, opened: Callable[..., Any]) -> None:
    with opened(tmp_path / "model.pkl", "wb") as target:
        pickle.dump({"a": 1}, target)
    assert load({"loader": "pickle", "path": "model.pkl"}, str(tmp_path)) == {"a": 1}


@pytest.mark.parametrize("compress", [0, 3, ("bz2", 3), ("lzma", 3)])
def test_joblib_reads_what_joblib_writes(tmp_path: Path, compress: Any) -> None:
    joblib.dump({"a": [1, 2]}, tmp_path / "model.joblib", compress=compress)
    assert load({"loader": "joblib", "path": "model.joblib"}, str(tmp_path)) == {"a": [1, 2]}


def test_modules_that_the_model_carries_are_found_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "carried_module.py").write_text("class Own:\n    pass\n")
    (tmp_path / "model" / "json.py").write_text("raise RuntimeError('shadowed')\n")
    (tmp_path / "model" / "model.pkl").write_bytes(b"ccarried_module\nOwn\n.")
    told = {"loader": "pickle", "path": "model/model.pkl", "modules": [".", "model"]}
    assert load(told, str(tmp_path)).__name__ == "Own"
    assert sys.path[-1] == str(tmp_path / "model")
    monkeypatch.delitem(sys.modules, "carried_module")
