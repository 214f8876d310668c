"""Compressed pickles are read as what is in them."""

from __future__ import annotations

import bz2
import gzip
import importlib.util
import io
import lzma
import pickle
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.errors import UnreadableModelError
from homeport.inspection.pickle_report import read_pickle_bytes
from homeport.inspection.pickle_values import Listing
from homeport.inspection.pickle_wrapped import compression_of, unwrapped

LARGE = pickle.dumps([bytes(range(256)) * 4096, list(range(1000)), "the end"], protocol=4)
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda content: lzma.compress(content, lzma.FORMAT_ALONE),
    "zlib": zlib.compress,
}
PICKLES = Path(__file__).parent / "pickles"


@pytest.mark.parametrize("name", COMPRESS)
def test_each_compression_is_known_by_its_first_bytes_and_read_through(name: str) -> None:
    packed = COMPRESS[name](LARGE)
    assert compression_of(packed[:32]) == name
    report = read_pickle_bytes(packed)
    assert report.compression == name and report.trailing is None
    assert isinstance(report.root, Listing) and report.root.items[2] == "the end"


@pytest.mark.parametrize("level", [0, 1, 6, 9])
def test_every_level_of_zlib_is_known(level: int) -> None:
    assert read_pickle_bytes(zlib.compress(LARGE, level)).compression == "zlib"


@pytest.mark.parametrize("name", ["gzip", "bz2", "xz"])
def test_several_streams_behind_each_other_are_one(name: str) -> None:
    half = len(LARGE) // 2
    report = read_pickle_bytes(COMPRESS[name](LARGE[:half]) + COMPRESS[name](LARGE[half:]))
    assert report.root.items[2] == "the end"


@pytest.mark.parametrize("name", COMPRESS)
def test_compressed_data_that_is_cut_short_is_refused(name: str) -> None:
    packed = COMPRESS[name](LARGE)
    for length in (3, 20, len(packed) // 2, len(packed) - 40):
        with pytest.raises(UnreadableModelError):
            read_pickle_bytes(packed[:length])


@pytest.mark.parametrize("name", COMPRESS)
def test_a_flipped_byte_is_refused_or_changes_only_what_is_read(name: str) -> None:
    packed = bytearray(COMPRESS[name](LARGE))
    packed[len(packed) // 2] ^= 0xFF
    try:
        read_pickle_bytes(bytes(packed))
    except UnreadableModelError as error:
        assert error.message


def test_a_compressed_file_is_read_piece_by_piece() -> None:
    content = gzip.compress(b"\0" * (30 << 20))
    source, name = unwrapped(io.BytesIO(content), len(content))
    assert name == "gzip"
    source.skip(30 << 20)
    assert source.at_end() and source.position == 30 << 20


def test_joblibs_old_compression_is_read() -> None:
    report = read_pickle_bytes((PICKLES / "2015-py36-joblib094-packed.pkl").read_bytes())
    assert report.compression == "zlib (old joblib)"
    assert [key for key, _ in report.root.pairs] == ["coef", "names", "k"]


def test_without_the_lz4_package_it_is_said_what_to_install() -> None:
    if importlib.util.find_spec("lz4") is not None:
        pytest.skip("lz4 is installed")
    with pytest.raises(UnreadableModelError, match="lz4") as caught:
        read_pickle_bytes(b"\x04\x22\x4d\x18" + b"x" * 50)
    assert caught.value.hint and "install" in caught.value.hint


def test_a_plain_pickle_is_not_taken_for_a_compressed_one() -> None:
    for protocol in range(6):
        for value in ([], {}, (), "text", b"bytes", 1, 1.5, None, True, {1}, [[1]], "BZh"):
            content = pickle.dumps(value, protocol=protocol)
            assert compression_of(content[:32]) is None
            read_pickle_bytes(content)
