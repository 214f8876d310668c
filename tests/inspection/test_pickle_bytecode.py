"""Functions by value, written by every interpreter that is here: the minor version that compiled them."""

from __future__ import annotations

import pickle
import subprocess

import pytest

from homeport.inspection.pickle_bytecode import Code, minors_of
from tests.conftest import MODEL_MINORS, need_interpreter

# Prints what cloudpickle hands to `types.CodeType`, as a list of (arguments, flags, code, lines).
COMPILED = """
import pickle, sys
SOURCE = '''
def simple(a): return a
def method(a): return a.strip().upper()
def loop(a):
    total = 0
    for each in a:
        if each not in total:
            total += each
    return [x for x in a if x is not None]
def guarded(a):
    try:
        with open(a) as file:
            return file.read()
    except ValueError as error:
        raise KeyError(a) from error
    finally:
        print(f"{a!r}")
async def waits(a):
    async with a as b:
        await b
def generates(a):
    yield from a
'''
names = {}
exec(SOURCE, names)
version = sys.version_info
count = 15 if version < (3, 8) else 16 if version < (3, 11) else 18
every = {}
for name, function in names.items():
    code = getattr(function, "__code__", None)
    if code is not None:
        lines = code.co_lnotab if version < (3, 10) else code.co_linetable
        every[name] = (count, code.co_flags, code.co_code, lines, name)
sys.stdout.buffer.write(pickle.dumps(every, protocol=2))
"""


@pytest.mark.parametrize("minor", MODEL_MINORS)
def test_the_python_that_compiled_a_function_is_among_the_possible_ones(minor: str) -> None:
    run = [str(need_interpreter(minor)), "-W", "ignore", "-c", COMPILED]
    compiled = pickle.loads(subprocess.run(run, capture_output=True, check=True).stdout)
    codes = {name: Code(*told) for name, told in compiled.items()}
    true = (3, int(minor.split(".")[1]))
    for name, code in codes.items():
        assert true in minors_of([code]), name
    assert minors_of(codes.values()) == (true,)


def test_without_any_code_nothing_is_said() -> None:
    assert minors_of([]) == ()


def test_code_that_no_python_can_have_compiled_says_nothing() -> None:
    assert minors_of([Code(18, 0, b"\xee\0" * 4, b"", "made up")]) == ()
