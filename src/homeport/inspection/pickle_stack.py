"""The stack and the memo of the symbolic unpickler, and the opcodes that only move or gather values."""

from __future__ import annotations

from dataclasses import dataclass

from homeport.inspection.pickle_bytes import DamagedPickleError, Long, PickleBytes
from homeport.inspection.pickle_values import (
    FORGOTTEN,
    Global,
    GlobalName,
    Listing,
    Made,
    Node,
    Pairs,
    Persistent,
    called,
    children,
)

MOST_ON_STACK = 1_000_000
MOST_IN_MEMO = 1_000_000
MOST_ITEMS = 1_000_000  # of all lists, sets and dictionaries together; the rest is counted, not kept
MOST_GLOBALS = 5_000
MOST_LOOKS = 2_000_000  # values looked at for names that are only harmless where they are called directly


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something that no ordinary pickler writes: what (`pickle.BUILD`), and what it is good for.

    `origin` is the global that gave what is called: where that one is a risk anyway, this is none of its own.
    """

    name: str
    why: str
    origin: GlobalName | None = None


class PickleStack:
    """What has been read of a pickle and not yet used; each method does what `_Unpickler.load_*` of its name does."""

    def __init__(self, source: PickleBytes) -> None:
        self.source = source
        self.oddities: dict[Oddity, int] = {}
        self.stack: list[Node] = []
        self._marks: list[list[Node]] = []
        self._below = 0  # entries under the marks
        self._memo: dict[int, Node] = {}
        self._memo_full = False
        self._room = MOST_ITEMS
        self.delicate = False  # whether a name has come up that only direct calls make harmless
        self._looks = MOST_LOOKS

    def odd(self, name: str, why: str, origin: GlobalName | None = None) -> None:
        if len(self.oddities) < MOST_GLOBALS:
            self.oddities.setdefault(Oddity(name, why, origin), self.source.position)

    def _check_stack(self) -> None:
        if len(self.stack) + len(self._marks) + self._below > MOST_ON_STACK:
            raise DamagedPickleError(f"it piles up more than {MOST_ON_STACK:,} values at once: no model does that")

    def _pop(self) -> Node:
        if not self.stack:
            raise IndexError
        return self.stack.pop()

    def _pop_mark(self) -> list[Node]:
        items = self.stack
        self.stack = self._marks.pop()
        self._below -= len(self.stack)
        return items

    def _mark(self) -> None:
        self._marks.append(self.stack)
        self._below += len(self.stack)
        self.stack = []

    def _pop_(self) -> None:
        if self.stack:
            _set_state(self.stack.pop())
        else:
            self._pop_mark()

    def _dup(self) -> None:
        self.stack.append(self.stack[-1])

    def _put(self, index: int | Long) -> None:
        top = self.stack[-1]
        if isinstance(index, Long) or index < 0:
            raise DamagedPickleError("a memo index that cannot be")
        if len(self._memo) >= MOST_IN_MEMO and index not in self._memo:
            self._memo_full = True
            return
        self._memo[index] = top

    def _memoize(self) -> None:
        self._put(len(self._memo))

    def _get(self, index: int | Long) -> None:
        if isinstance(index, Long):
            raise DamagedPickleError("a memo index that cannot be")
        self.stack.append(self._memo.get(index, FORGOTTEN) if self._memo_full else self._memo[index])

    def _push(self, value: Node) -> None:
        self.stack.append(value)

    def _none(self) -> None:
        self.stack.append(None)

    def _newtrue(self) -> None:
        self.stack.append(True)

    def _newfalse(self) -> None:
        self.stack.append(False)

    def _next_buffer(self) -> None:
        self.stack.append(FORGOTTEN)

    def _readonly_buffer(self) -> None:
        self.stack.append(self._pop())  # there has to be one

    def _persid(self, id_: str | Long) -> None:
        self.stack.append(Persistent(id_))

    def _binpersid(self) -> None:
        named = self._pop()
        # PyTorch's old form writes a class as ("module", the class, its file, its source), and loads it as the class
        is_class = isinstance(named, tuple) and len(named) == 4 and named[0] == "module"
        self.stack.append(named[1] if is_class and isinstance(named[1], Global) else Persistent(named))

    def _tuple1(self) -> None:
        self.stack.append((self._pop(),))

    def _tuple2(self) -> None:
        second = self._pop()
        self.stack.append((self._pop(), second))

    def _tuple3(self) -> None:
        third, second = self._pop(), self._pop()
        self.stack.append((self._pop(), second, third))

    def _tuple(self) -> None:
        items = self._pop_mark()
        self.stack.append(tuple(items))

    def _empty_tuple(self) -> None:
        self.stack.append(())

    def _empty_list(self) -> None:
        self.stack.append(Listing("list"))

    def _empty_set(self) -> None:
        self.stack.append(Listing("set"))

    def _empty_dict(self) -> None:
        self.stack.append(Pairs())

    def _list(self) -> None:
        items = self._pop_mark()
        self.stack.append(Listing("list", items))

    def _frozenset(self) -> None:
        items = self._pop_mark()
        self.stack.append(Listing("frozenset", items))

    def _dict(self) -> None:
        items = self._pop_mark()
        pairs = Pairs()
        self.stack.append(pairs)
        self._set(pairs, items)

    def _append(self) -> None:
        item = self._pop()
        self._extend(self.stack[-1], [item])

    def _appends(self) -> None:
        items = self._pop_mark()
        self._extend(self.stack[-1], items)

    def _setitem(self) -> None:
        value, key = self._pop(), self._pop()
        self._set(self.stack[-1], [key, value])

    def _setitems(self) -> None:
        items = self._pop_mark()
        self._set(self.stack[-1], items)

    def look_for_delicate(self, *values: Node) -> None:
        """`getattr` and its like are judged by the calls of them: nothing else may get hold of one."""
        waiting = list(values) if self.delicate else []
        while waiting:
            value = waiting.pop()
            self._looks -= 1
            if self._looks < 0:
                self.odd("pickle.TUPLE", "hides what it hands on among more values than can be looked at")
                return
            if isinstance(value, Global):
                if is_delicate(value.name):
                    self.odd("pickle.TUPLE", f"hands `{value.name}` on, so that something else may call it")
            elif isinstance(value, tuple | Listing | Pairs):
                waiting.extend(children(value))

    def _extend(self, target: Node, items: list[Node]) -> None:
        self.look_for_delicate(*items)
        if isinstance(target, Made):
            target.items = target.items or Listing("list")
            target = target.items
        if isinstance(target, Listing):
            room = self._take_room(len(items))
            target.items += items[:room]
            target.dropped += len(items) - room
        else:
            self._changed(target, "APPENDS")

    def _set(self, target: Node, items: list[Node]) -> None:
        self.look_for_delicate(*items)
        if isinstance(target, Made):
            target.pairs = target.pairs or Pairs()
            target = target.pairs
        if isinstance(target, Pairs):
            room = self._take_room(len(items) // 2)
            target.pairs += zip(items[: 2 * room : 2], items[1 : 2 * room : 2], strict=False)
            target.dropped += len(items) // 2 - room
        else:
            self._changed(target, "SETITEMS")

    def _take_room(self, wanted: int) -> int:
        given = min(wanted, self._room)
        self._room -= given
        return given

    def _changed(self, target: Node, opcode: str) -> None:
        if isinstance(target, Global):
            self.odd(f"pickle.{opcode}", f"changes `{target.name}` itself, for everything that uses it")
        elif not isinstance(target, type(FORGOTTEN)):
            raise DamagedPickleError(f"{opcode} on what takes no items, before byte {self.source.position:,}")


def is_delicate(name: GlobalName) -> bool:
    """Whether it depends on the call if that global is harmless; see `pickle_surprises`."""
    return name.name in ("_ufunc_reconstruct", "getattr", "partial") or name.name.endswith("_gen")


def _set_state(gone: Node) -> None:
    """A state that is set by calling a function with it, whose outcome is thrown away (`copyreg`'s sixth item)."""
    setter = called(gone)
    if setter is not None and setter.name.endswith("_setstate") and isinstance(gone.arguments, tuple):
        target, state = (*gone.arguments, None, None)[:2]
        if isinstance(target, Made):
            target.states.append(state)
