"""A symbolic unpickler: it does to descriptions of values what `pickle.load` does to values, calling nothing.

It follows CPython's `pickle.py` in what each opcode does to stack and memo (`_Unpickler.load_*`), because
a reader that understands the bytes differently from the real one is what a hostile file looks for.
"""

from __future__ import annotations

from collections.abc import Callable

from homeport.inspection.opcodes import ARGUMENT, NAMES
from homeport.inspection.pickle_bytes import DamagedPickleError, PickleBytes
from homeport.inspection.pickle_stack import MOST_GLOBALS, PickleStack, is_delicate
from homeport.inspection.pickle_values import Global, GlobalName, Made, Node, called, class_of

_BETWEEN_CHECKS = 4096
_NAME = 500  # characters of a module, or of a name in it


class PickleMachine(PickleStack):
    """Reads one pickle, up to its STOP. `names` holds every global so far, also where reading fails."""

    def __init__(self, source: PickleBytes, *, after_build: Callable[[PickleMachine], None] | None = None) -> None:
        super().__init__(source)
        self.names: dict[GlobalName, int] = {}  # with the position where each stands first
        self.calls: list[Made] = []  # calls of a name that decides by its arguments whether it is harmless
        self.called: set[GlobalName] = set()
        self.protocol = 0
        self.opcodes: set[str] = set()
        self._frame_end = 0  # the byte behind the frame that is read, 0 outside of one
        self._after_build = after_build
        self._do = {code: getattr(self, _METHODS[name]) for code, name in NAMES.items()}

    def run(self) -> Node:
        """The value that the pickle describes."""
        source, do, arguments = self.source, self._do, ARGUMENT
        seen: set[int] = set()
        try:
            while source.opcodes_left > 0:
                source.opcodes_left -= _BETWEEN_CHECKS
                for step in range(_BETWEEN_CHECKS):
                    if self._frame_end and source.position >= self._frame_end:
                        self.leave_frame()
                    code = source.byte()
                    if code == _STOP:
                        if self._frame_end > source.position:
                            raise _misframed(source.position)
                        source.opcodes_left += _BETWEEN_CHECKS - step - 1
                        return self._pop()
                    seen.add(code)
                    reader = arguments.get(code)
                    if reader is None:
                        do[code]()
                    else:
                        do[code](reader(source))
                self._check_stack()
        except (KeyError, IndexError) as error:
            raise DamagedPickleError(f"no pickle from byte {source.position - 1:,} on") from error
        finally:
            self.opcodes |= {NAMES.get(code, "") for code in seen}
        raise DamagedPickleError("it has more opcodes than any model needs")

    def absorb(self, inner: PickleMachine) -> None:
        """Take over what another pickle in the same stream named."""
        for name, position in inner.names.items():
            self.names.setdefault(name, position)
        self.calls += inner.calls
        self.called |= inner.called
        for oddity, position in inner.oddities.items():
            self.oddities.setdefault(oddity, position)
        self.opcodes |= inner.opcodes

    def _proto(self, number: int) -> None:
        if number > 5:
            raise DamagedPickleError(f"pickle protocol {number}, which does not exist")
        self.protocol = max(self.protocol, number)

    def _frame(self, length: int) -> None:
        if not self.source.rest_is(length):
            raise DamagedPickleError(f"it is cut short: a frame of {length:,} bytes at byte {self.source.position:,}")
        if self._frame_end:
            raise _misframed(self.source.position)
        self._frame_end = self.source.position + length

    def leave_frame(self) -> None:
        """At the end of a frame. What straddles it is refused by one unpickler, and read in two ways by the other."""
        if self._frame_end and self.source.position != self._frame_end:
            raise _misframed(self._frame_end)
        self._frame_end = 0

    def _name(self, module: Node, name: Node) -> None:
        found = GlobalName(*(part[:_NAME] if isinstance(part, str) else "?" for part in (module, name)))
        if found != (module, name):
            self.odd("pickle.STACK_GLOBAL", "imports a name that only unpickling it would put together")
        if len(self.names) >= MOST_GLOBALS:
            raise DamagedPickleError(f"it names more than {MOST_GLOBALS:,} globals: no model does that")
        self.names.setdefault(found, self.source.position)
        self.delicate = self.delicate or is_delicate(found)
        self.stack.append(Global(found))

    def _global(self, pair: tuple[Node, Node]) -> None:
        self._name(*pair)

    def _stack_global(self) -> None:
        name = self._pop()
        self._name(self._pop(), name)

    def _extension(self, code: int) -> None:
        self.odd(f"copyreg.extension {code}", "a name that the reading program must have registered under this number")
        self.stack.append(Global(GlobalName("copyreg", f"extension {code}")))

    def _inst(self, pair: tuple[Node, Node]) -> None:
        arguments = self._pop_mark()
        self._name(*pair)
        self._call(self._pop(), tuple(arguments))

    def _obj(self) -> None:
        arguments = self._pop_mark()
        self._call(arguments[0], tuple(arguments[1:]))

    def _newobj(self) -> None:
        arguments = self._pop()
        self._call(self._pop(), arguments)

    def _newobj_ex(self) -> None:
        keywords, arguments = self._pop(), self._pop()
        self._call(self._pop(), arguments, keywords)

    def _reduce(self) -> None:
        arguments = self._pop()
        self._call(self._pop(), arguments)

    def _call(self, function: Node, arguments: Node, keywords: Node = None) -> None:
        made = Made(function, arguments, keywords)
        makes = isinstance(function, Global) and function.name.module in _MAKERS and isinstance(arguments, tuple)
        self.look_for_delicate(arguments[1:] if makes else arguments, keywords)
        if isinstance(function, Global):
            self.called.add(function.name)
            made_of = class_of(made)
            if made_of is not None and is_delicate(made_of):
                self._watch(made)
        elif called(function) != _PARTIAL:  # of those, each is watched itself
            origin = _origin(function)
            what = f"what `{origin}` returned" if origin else "what it put together itself"
            self.odd("pickle.REDUCE", f"calls {what}", origin)
        self.stack.append(made)

    def _watch(self, made: Made) -> None:
        if len(self.calls) >= MOST_GLOBALS:
            raise DamagedPickleError(f"it calls `{called(made)}` more often than any model does")
        self.calls.append(made)

    def _build(self) -> None:
        state = self._pop()
        target = self.stack[-1]
        if not _is_partial(target):
            self.look_for_delicate(state)
        if isinstance(target, Made):
            target.states.append(state)
            if self._after_build is not None:
                self._after_build(self)
        elif isinstance(target, Global):
            self.odd("pickle.BUILD", f"changes `{target.name}` itself, for everything that uses it")


_STOP = ord(".")
_PARTIAL = ("functools", "partial")
_MAKERS = {"copyreg", "copy_reg"}  # whose functions make an object of the class that they get first: seen through


def _is_partial(target: Node) -> bool:
    return called(target) == _PARTIAL  # its state is looked at with the call


def _misframed(position: int) -> DamagedPickleError:
    return DamagedPickleError(
        f"its frames do not fit its opcodes, at byte {position:,}: readers differ in what it says"
    )


def _origin(function: Node) -> GlobalName | None:
    while isinstance(function, Made):
        function = function.function
    return function.name if isinstance(function, Global) else None


# The opcodes that only differ in how their argument is written, or that another method does as well.
_SHARED = {
    "_push": "INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING SHORT_BINSTRING UNICODE "
    "BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8",
    "_put": "PUT BINPUT LONG_BINPUT",
    "_get": "GET BINGET LONG_BINGET",
    "_extension": "EXT1 EXT2 EXT4",
    "_pop_": "POP",
    "_pop_mark": "POP_MARK",
    "_appends": "ADDITEMS",
}
_METHODS = {name: f"_{name.lower()}" for name in NAMES.values()}
_METHODS |= {name: method for method, names in _SHARED.items() for name in names.split()}
_METHODS["STOP"] = "_pop"
