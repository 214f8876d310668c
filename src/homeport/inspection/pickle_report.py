"""Reading a file that holds pickles: the compression around it, joblib's arrays in it, and what stands behind it."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from typing import BinaryIO

from homeport.domain.findings import Risk
from homeport.errors import UnreadableModelError
from homeport.inspection.allowed import risks_of
from homeport.inspection.joblib_arrays import JoblibStream
from homeport.inspection.pickle_bytes import DamagedPickleError, PickleBytes
from homeport.inspection.pickle_machine import PickleMachine
from homeport.inspection.pickle_stack import Oddity
from homeport.inspection.pickle_surprises import risks_of_calls, risks_of_oddities
from homeport.inspection.pickle_values import ArrayInStream, GlobalName, Made, Node, unfolds_beyond, walk
from homeport.inspection.pickle_wrapped import unwrapped

MOST_UNFOLDED = 10**12  # values, where each that is shared counts at every place
_ZIP_TAIL = 66 << 10  # bytes: a zip's end record and the longest comment behind it
MOST_PICKLES = 1000  # one behind the other in a file
_HARMLESS_UNCALLED = {"numpy.memmap", "numpy.core.memmap.memmap", "numpy._core.memmap.memmap"}


@dataclass
class PickleReport:
    """All that the pickles in one file describe; `roots` has the outermost value of each."""

    size: int
    compression: str | None = None
    roots: list[Node] = field(default_factory=list)
    names: dict[GlobalName, int] = field(default_factory=dict)  # with the byte where each stands first
    protocol: int = 0
    opcodes: set[str] = field(default_factory=set)
    joblib: JoblibStream = field(default_factory=JoblibStream)
    oddities: list[Oddity] = field(default_factory=list)
    calls: list[Made] = field(default_factory=list)  # of globals that are harmless with some arguments only
    called: set[GlobalName] = field(default_factory=set)
    trailing: int | None = None  # bytes behind the last pickle, where the file goes on
    damage: str | None = None  # why it could not be read to the end

    @property
    def root(self) -> Node:
        """The outermost value of the first pickle: what `pickle.load` gives."""
        return self.roots[0] if self.roots else None

    @cached_property
    def objects(self) -> list[Made | ArrayInStream]:
        """Everything that a call makes, and the arrays in the stream, of all pickles; the outer before the inner."""
        return [node for node in walk(tuple(self.roots)) if isinstance(node, Made | ArrayInStream)]

    def risks(self, allowed: Collection[str] = ()) -> tuple[Risk, ...]:
        """What loading it would run or call; `allowed` are exact names that the workspace trusts."""
        surprises = (*risks_of_oddities(self.oddities, allowed), *risks_of_calls(self.calls))
        found = {risk.name: risk for risk in surprises if risk.name not in allowed}
        found |= {risk.name: risk for risk in risks_of(self.names, {*allowed, *self._only_named()})}
        return tuple(found[name] for name in sorted(found))

    def _only_named(self) -> set[str]:
        """`numpy.memmap` as the class of an array that was one: harmless as long as nothing can call it."""
        if any(name.module in ("copyreg", "copy_reg") for name in self.names):
            return set()
        return _HARMLESS_UNCALLED - {str(name) for name in self.called}


def read_pickle(stream: BinaryIO, size: int) -> PickleReport:
    """Every pickle in `stream`, which is at its beginning and seekable, and `size` bytes long.

    A file that breaks off, or costs too much, gives a report as well where it has named something by then, with
    `damage` set: what stands before the break is run before anybody notices. Otherwise an `UnreadableModelError`.
    """
    report = PickleReport(size)
    source, report.compression = unwrapped(stream, size)
    machines: list[PickleMachine] = []
    try:
        _read_first(source, report, machines)
    except UnreadableModelError as error:
        report.damage = error.message
        if not machines or not machines[0].names:
            raise
    else:
        _read_following(source, report, machines)
    if report.trailing:
        _look_for_zip(stream, size, report)
    stream.seek(0)
    _as_plain_pickle(stream, size, report, machines)
    _gather(report, machines)
    return report


def read_pickle_bytes(content: bytes) -> PickleReport:
    """The same for bytes in memory: an entry of an archive, the objects of a numpy array."""
    return read_pickle(BytesIO(content), len(content))


def _read_first(source: PickleBytes, report: PickleReport, machines: list[PickleMachine]) -> None:
    if source.at_end():
        raise DamagedPickleError("it is empty")
    machine = PickleMachine(source, after_build=report.joblib.after_build)
    machines.append(machine)
    root = machine.run()
    if unfolds_beyond(root, MOST_UNFOLDED):
        raise DamagedPickleError("it unfolds to more values than any machine can hold")
    report.roots.append(root)


def _read_following(source: PickleBytes, report: PickleReport, machines: list[PickleMachine]) -> None:
    """`pickle.load` stops at the first STOP; but people load such files twice, and torch's old format is five."""
    before = source.position
    try:
        while not source.at_end() and len(machines) < MOST_PICKLES:
            before = source.position
            machines.append(PickleMachine(source, after_build=report.joblib.after_build))
            report.roots.append(machines[-1].run())
        before = source.position
        ended = source.at_end()
    except UnreadableModelError as error:
        ended = False
        if report.compression is not None:
            report.damage = error.message
        if machines[-1].protocol == 0:  # not even the mark of a pickle: other bytes, whatever they look like
            machines.pop()
    if not ended and report.compression is None:
        report.trailing = max(report.size - before, 0)


def _look_for_zip(stream: BinaryIO, size: int, report: PickleReport) -> None:
    """A zip is read from its end: the same bytes are a harmless pickle to one reader and another model to the next."""
    stream.seek(max(0, size - _ZIP_TAIL))
    if b"PK\x05\x06" in stream.read(_ZIP_TAIL):
        why = "the pickle has a zip archive behind it: what is loaded depends on who reads it"
        report.oddities.append(Oddity("pickle.zip behind it", why))


def _as_plain_pickle(stream: BinaryIO, size: int, report: PickleReport, machines: list[PickleMachine]) -> None:
    """What `pickle.load` would do where `joblib.load` sees arrays: data to the one are opcodes to the other."""
    if not report.joblib.arrays:
        return
    source, _ = unwrapped(stream, size)
    plain = PickleMachine(source)
    with suppress(UnreadableModelError):  # as with every honest file: an array is no pickle
        plain.run()
    odd = {name: at for name, at in plain.names.items() if name.module.isascii() and _is_dotted(name)}
    machines[0].names = odd | machines[0].names


def _is_dotted(name: GlobalName) -> bool:
    return all(part.isidentifier() for part in str(name).split("."))


def _gather(report: PickleReport, machines: list[PickleMachine]) -> None:
    for machine in machines:
        report.names = machine.names | report.names
        report.opcodes |= machine.opcodes
        report.oddities += machine.oddities
        report.calls += machine.calls
        report.called |= machine.called
    report.protocol = machines[0].protocol
