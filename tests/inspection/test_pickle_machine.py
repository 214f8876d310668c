"""The symbolic unpickler against the real one: the same values from every protocol and every opcode."""

from __future__ import annotations

import collections
import datetime
import decimal
import pickle
import pickletools
from typing import Any

import pytest

from homeport.errors import UnreadableModelError
from homeport.inspection.opcodes import NAMES
from homeport.inspection.pickle_bytes import Long, bytes_of_pickle
from homeport.inspection.pickle_findings import findings_of
from homeport.inspection.pickle_machine import PickleMachine
from homeport.inspection.pickle_report import read_pickle_bytes
from homeport.inspection.pickle_values import Listing, Made, Pairs, Persistent, called
from tests.inspection.assembled import PROTO_4, STOP, name, text, whole

VALUES: dict[str, Any] = {
    "nothing": None,
    "booleans": [True, False],
    "numbers": [0, 1, -1, 255, 256, 65535, 65536, -(2**31), 2**31, 2**63, -(2**100), 3.25, -0.0, 1e300],
    "a large number": 2**3000,
    "texts": ["", "a", "ä€😀", "line\nbreak\\ and 'quotes'", "x" * 300, "\ud800"],
    "bytes": [b"", b"a\0\xff", b"x" * 300, bytearray(b"abc")],
    "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), ((), ((),))],
    "lists": [[], [1], list(range(3000)), [[1], [2, [3]]]],
    "dictionaries": {"a": 1, 2: "b", (3,): {"c": None}, **{str(n): n for n in range(2500)}},
    "sets": [{1}, frozenset({2}), set(), frozenset()],
}


def plain(node: Any) -> Any:
    """A description as the value that it describes, where it is of Python's own plain types."""
    if isinstance(node, tuple):
        return tuple(plain(each) for each in node)
    if isinstance(node, Listing):
        kinds = {"list": list, "set": set, "frozenset": frozenset}
        return kinds[node.kind](plain(each) for each in node.items)
    if isinstance(node, Pairs):
        return {plain(key): plain(value) for key, value in node.pairs}
    if isinstance(node, Made):
        return made(node)
    return node


def made(node: Made) -> Any:
    """Bytes and sets as the protocols write them that have no opcode for them."""
    maker = str(called(node))
    arguments = plain(node.arguments)
    if maker == "_codecs.encode":
        return arguments[0].encode(arguments[1])
    kinds = {"bytearray": bytearray, "set": set, "frozenset": frozenset, "bytes": bytes}
    return kinds[maker.rpartition(".")[2]](*arguments)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("kind", VALUES)
def test_plain_values_come_out_as_they_went_in(kind: str, protocol: int) -> None:
    content = pickle.dumps(VALUES[kind], protocol=protocol)
    for each in (content, pickletools.optimize(content)):
        report = read_pickle_bytes(each)
        assert plain(report.root) == VALUES[kind]
        assert report.protocol == (protocol if protocol > 1 else 0)


@pytest.mark.parametrize("protocol", range(6))
def test_objects_tell_their_class_and_their_state(protocol: int) -> None:
    value = collections.OrderedDict(day=datetime.date(2020, 3, 1), price=decimal.Decimal("1.5"))
    report = read_pickle_bytes(pickle.dumps(value, protocol=protocol))
    assert {str(name).replace("__builtin__", "builtins") for name in report.names} <= {
        "collections.OrderedDict",
        "datetime.date",
        "decimal.Decimal",
        "_codecs.encode",
        "builtins.bytes",
    }
    assert report.risks() == ()


def test_all_opcodes_are_known() -> None:
    machine = PickleMachine(bytes_of_pickle(STOP))
    assert {ord(each.code) for each in pickletools.opcodes} == set(NAMES)
    assert set(machine._do) == set(NAMES)


def test_out_of_band_buffers_and_persistent_ids_are_read_past() -> None:
    buffers: list[pickle.PickleBuffer] = []
    content = pickle.dumps(pickle.PickleBuffer(bytearray(b"far away")), protocol=5, buffer_callback=buffers.append)
    assert read_pickle_bytes(content).damage is None
    assert isinstance(read_pickle_bytes(whole(text("the id") + b"Q")).root, Persistent)
    assert isinstance(read_pickle_bytes(b"Pthe id\n.").root, Persistent)


def test_shared_and_cyclic_values_stay_shared() -> None:
    cycle: list[Any] = [1]
    cycle.append(cycle)
    root = read_pickle_bytes(pickle.dumps(cycle)).root
    assert root.items[1] is root


def test_long_strings_are_kept_as_their_ends() -> None:
    root = read_pickle_bytes(pickle.dumps(b"begin" + bytes(10_000_000) + b"end")).root
    assert isinstance(root, Long)
    assert (root.length, root.head[:5], root.tail[-3:]) == (10_000_008, b"begin", b"end")


def test_several_pickles_in_a_file_are_all_read() -> None:
    report = read_pickle_bytes(pickle.dumps(1) + pickle.dumps("two") + pickle.dumps([collections.Counter]))
    assert report.roots[:2] == [1, "two"] and len(report.roots) == 3
    assert "collections.Counter" in map(str, report.names)


def test_other_bytes_behind_a_pickle_are_counted() -> None:
    report = read_pickle_bytes(pickle.dumps(1) + b"\0" * 100)
    assert report.trailing == 100


@pytest.mark.parametrize(
    "opcodes",
    [
        b"t",
        b"0",
        b"2",
        b"\x85",
        b"Nb",
        b"R",
        b"NR",
        b"s",
        b"NNs",
        b"NNa",
        b"(e",
        b"\x93",
        b"h\0",
        b"\xff",
        b"(o",
        b"N1",
    ],
)
def test_what_the_real_unpickler_refuses_is_refused(opcodes: bytes) -> None:
    with pytest.raises(Exception):  # noqa: B017 (each its own way)
        pickle.loads(PROTO_4 + opcodes + STOP)
    with pytest.raises(UnreadableModelError):
        read_pickle_bytes(PROTO_4 + opcodes + STOP)


@pytest.mark.parametrize("module", ["sklearn.svm._classes", "collections"])
def test_frames_that_do_not_fit_are_refused(module: str) -> None:
    """The C unpickler drops what is left of a frame when a line goes on behind it, and names another module."""
    opcodes = name(f"{module}.OrderedDict")
    fitting = PROTO_4 + b"\x95" + (len(opcodes) + 1).to_bytes(8, "little") + opcodes + STOP
    assert read_pickle_bytes(fitting).damage is None
    for length in (1, 3, 8, len(opcodes) - 1):
        report = read_pickle_bytes(PROTO_4 + b"\x95" + length.to_bytes(8, "little") + opcodes + STOP)
        assert report.damage is not None and "frames" in report.damage
        with pytest.raises(UnreadableModelError):
            findings_of(report)
