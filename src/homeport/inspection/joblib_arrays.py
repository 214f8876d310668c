"""Arrays that joblib writes raw into the stream, behind the pickle that announces each.

joblib 0.10 and newer (numpy_pickle.py, `NumpyArrayWrapper.read_array`): the wrapper tells shape, dtype and order;
from 1.2 on a byte with the number of padding bytes, and the padding, stand before the data; an array of objects is a
pickle of its own. Older versions keep arrays in files beside the pickle (`NDArrayWrapper`, `ZNDArrayWrapper`).
"""

from __future__ import annotations

import re
from math import prod

from homeport.inspection.pickle_arrays import dtype_of, shape_of
from homeport.inspection.pickle_bytes import DamagedPickleError
from homeport.inspection.pickle_machine import PickleMachine
from homeport.inspection.pickle_values import ArrayInStream, Made, attributes_of, class_of

IN_STREAM = "NumpyArrayWrapper"
MOST_BESIDE = 2000  # files with arrays that one pickle may name
_BESIDE = re.compile(r"[^/\\\0]{1,250}\.npy(?:\.z)?")  # "model.pkl_01.npy"
MOST_NESTED = 20_000  # pickles of object arrays inside one file


class JoblibStream:
    """What joblib adds to a pickle; give `after_build` to the machine."""

    def __init__(self) -> None:
        self.arrays = 0
        self.bytes = 0  # of arrays in the stream
        self.padded = False
        self.beside: list[str] = []  # files with arrays that belong to this one
        self.depth = 0

    def after_build(self, machine: PickleMachine) -> None:
        wrapper = machine.stack[-1]
        name = class_of(wrapper)
        if name is None or not name.module.endswith("joblib.numpy_pickle"):
            return
        if name.name == IN_STREAM:
            machine.stack[-1] = self._read(machine, wrapper)
        elif name.name in ("NDArrayWrapper", "ZNDArrayWrapper"):
            self._note(machine, wrapper)

    def _note(self, machine: PickleMachine, wrapper: Made) -> None:
        """What joblib has numpy load, pickles and all, has to be a file that is looked at."""
        filename = attributes_of(wrapper).get("filename")
        if isinstance(filename, str) and _BESIDE.fullmatch(filename) and len(self.beside) < MOST_BESIDE:
            self.beside.append(filename)
        elif isinstance(filename, str) and ("/" in filename or "\\" in filename):
            machine.odd("joblib.file elsewhere", "makes joblib read a file outside of the model's folder")
        else:
            machine.odd("joblib.file beside", "makes joblib read a file that is none of those that it writes")

    def _read(self, machine: PickleMachine, wrapper: Made) -> ArrayInStream:
        told = attributes_of(wrapper)
        shape, dtype = shape_of(told.get("shape")), dtype_of(told.get("dtype"))
        self.arrays += 1
        machine.leave_frame()
        if shape is None or dtype is None:
            raise DamagedPickleError("an array of joblib without a shape or type that can be understood")
        if dtype.holds_objects:
            content = self._objects(machine)
            return ArrayInStream(told["shape"], told["dtype"], told.get("subclass"), content)
        if dtype.itemsize is None:
            raise DamagedPickleError(f"an array of joblib of type `{dtype.code}`, whose size is not known")
        if told.get("numpy_array_alignment_bytes") is not None:
            self.padded = True
            machine.source.skip(machine.source.byte())
        length = prod(shape) * dtype.itemsize
        self.bytes += length
        kept = machine.source.keep(length)
        return ArrayInStream(told["shape"], told["dtype"], told.get("subclass"), kept)

    def _objects(self, machine: PickleMachine) -> object:
        if self.arrays > MOST_NESTED or self.depth > 1:
            raise DamagedPickleError("more pickles inside pickles than any model has")
        # joblib reads these with the plain `pickle.load`: no arrays in the stream inside
        inner = PickleMachine(machine.source)
        self.depth += 1
        try:
            return inner.run()
        finally:
            self.depth -= 1
            machine.absorb(inner)
