"""Files that run code when they are loaded, made by ourselves after the kinds that scanners' documentation describes.

Each takes a shell command and gives the bytes of a file. `LIVE` ones run the command with any CPython that the tests
run on; the others need a package, a network or an older Python, or only show what a scanner must not take for harmless.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import marshal
import pickle
import struct
import zlib
from collections.abc import Callable

from tests.inspection.assembled import (
    PROTO_2,
    PROTO_4,
    STOP,
    Raw,
    blob,
    call,
    harmless,
    integer,
    name,
    short,
    stacked,
    text,
    value,
    whole,
    zipped,
)

Sample = Callable[[str], bytes]


def python(command: str) -> str:
    return f"__import__('os').system({command!r})"


def system(command: str) -> bytes:
    return call("os.system", command)


def build_on_class(command: str) -> bytes:
    """A function is hung onto a class as its `__setstate__`, and called by the next BUILD."""
    slots = value((None, {"__setstate__": Raw(name("os.system"))}))
    return whole(
        name("collections.Counter") + slots + b"b0" + name("collections.Counter") + b")R" + text(command) + b"b"
    )


def joined_name(command: str) -> bytes:
    """The module's name is put together by a call: no global `os` stands in the bytes."""
    joined = Raw(call("builtins.getattr", "", "join"))
    made = joined.opcodes + value((["o", "s"],)) + b"R"
    return whole(made + short("system") + b"\x93" + value((command,)) + b"R")


def memo_name(command: str) -> bytes:
    """Both names come out of the memo, in an order that a scanner of strings does not follow."""
    pushes = short("system") + b"\x940" + short("os") + b"\x940" + short("harmless") + b"\x940"
    return whole(pushes + b"h\x01h\x00\x93" + value((command,)) + b"R")


def class_item(command: str) -> bytes:
    """A dictionary of a module is changed by SETITEM, no attribute is set."""
    return whole(name("os.environ") + text("HOMEPORT_X") + text("1") + b"s" + system(command) + b"\x86")


def joblib_hidden(command: str) -> bytes:
    """`joblib.load` takes the bytes behind the wrapper for an array, `pickle.load` for opcodes."""
    payload = b"0" + system(command) + STOP
    dtype = Raw(call("numpy.dtype", "u1", False, True) + value((3, "|", None, None, None, -1, -1, 0)) + b"b")
    state = {
        "subclass": Raw(name("numpy.ndarray")),
        "shape": (len(payload),),
        "order": "C",
        "dtype": dtype,
        "allow_mmap": True,
    }
    wrapper = name("joblib.numpy_pickle.NumpyArrayWrapper") + b")\x81" + value(state) + b"b"
    return PROTO_2 + wrapper + payload + STOP


def joblib_objects(command: str) -> bytes:
    """In the pickle of an object array that joblib keeps in the stream."""
    dtype = Raw(call("numpy.dtype", "O8", False, True) + value((3, "|", None, None, None, -1, -1, 63)) + b"b")
    state = {"subclass": Raw(name("numpy.ndarray")), "shape": (1,), "order": "C", "dtype": dtype, "allow_mmap": False}
    wrapper = name("joblib.numpy_pickle.NumpyArrayWrapper") + b")\x81" + value(state) + b"b"
    return PROTO_2 + wrapper + whole(system(command), PROTO_2) + STOP


def scipy_template(command: str) -> bytes:
    """A distribution of scipy's executes a text of its state."""
    evil = f"\n{python(command)}\ndef _parse_args(self): pass\n_parse_args_rvs = _parse_args_stats = _parse_args\n"
    return whole(
        name("scipy.stats._continuous_distns.uniform_gen") + b")\x81" + value({"_parse_arg_template": evil}) + b"b"
    )


def code_object(command: str) -> bytes:
    """A function out of byte code, called at once."""
    code = marshal.dumps(compile(python(command), "x", "eval"))
    loaded = Raw(call("marshal.loads", code))
    function = call("types.FunctionType", loaded, Raw(b"}"))
    return whole(function + b")R")


# Calls that run the command (or Python code with it) at once, on any CPython.
_SHELL = {
    "os.system": system,
    "posix.system": lambda c: call("posix.system", c),
    "os.popen": lambda c: call("os.popen", c),
    "subprocess.call": lambda c: call("subprocess.call", ["sh", "-c", c]),
    "subprocess.run": lambda c: call("subprocess.run", ["sh", "-c", c]),
    "subprocess.Popen": lambda c: call("subprocess.Popen", ["sh", "-c", c]),
    "subprocess.check_output": lambda c: call("subprocess.check_output", ["sh", "-c", c]),
    "subprocess.getoutput": lambda c: call("subprocess.getoutput", c),
    "builtins.eval": lambda c: call("builtins.eval", python(c)),
    "builtins.exec": lambda c: call("builtins.exec", python(c)),
    "runpy._run_code": lambda c: call(
        "runpy._run_code", Raw(call("builtins.compile", python(c), "x", "exec")), Raw(b"}")
    ),
    "timeit.timeit": lambda c: call("timeit.timeit", "pass", python(c), Raw(name("timeit.default_timer")), 1),
    "cProfile.run": lambda c: call("cProfile.run", python(c), "/dev/null"),
    "profile.run": lambda c: call("profile.run", python(c), "/dev/null"),
    "code.InteractiveInterpreter.runsource": lambda c: call(
        "code:InteractiveInterpreter.runsource", Raw(call("code.InteractiveInterpreter")), python(c), by=stacked
    ),
    "bdb.Bdb.run": lambda c: call("bdb:Bdb.run", Raw(call("bdb.Bdb")), python(c), by=stacked),
    "trace.Trace.run": lambda c: call("trace:Trace.run", Raw(call("trace.Trace", 0, 0)), python(c), by=stacked),
    "pydoc.pipepager": lambda c: call("pydoc.pipepager", "", c),
    "pty.spawn": lambda c: call("pty.spawn", ["sh", "-c", c]),
    "multiprocessing.util.spawnv_passfds": lambda c: call(
        "multiprocessing.util.spawnv_passfds", b"/bin/sh", [b"sh", b"-c", c.encode()], ()
    ),
    "_pickle.loads": lambda c: call("_pickle.loads", whole(system(c))),
    "pickle.loads nested": lambda c: call("pickle.loads", whole(system(c))),
    "functools.partial": lambda c: call("functools.partial", Raw(name("os.system")), c) + b")R",
    "functools.reduce": lambda c: call("functools.reduce", Raw(name("builtins.eval")), [python(c), Raw(b"}")]),
    "builtins.map": lambda c: call("builtins.list", Raw(call("builtins.map", Raw(name("os.system")), [c]))),
    "builtins.filter": lambda c: call("builtins.list", Raw(call("builtins.filter", Raw(name("os.system")), [c]))),
    "itertools.starmap": lambda c: call(
        "builtins.list", Raw(call("itertools.starmap", Raw(name("os.system")), [(c,)]))
    ),
    "operator.methodcaller": lambda c: (
        call("operator.methodcaller", "system", c) + value((Raw(call("importlib.import_module", "os")),)) + b"R"
    ),
    "operator.attrgetter": lambda c: (
        call("operator.attrgetter", "system")
        + value((Raw(call("builtins.__import__", "os")),))
        + b"R"
        + value((c,))
        + b"R"
    ),
    "builtins.getattr": lambda c: (
        call("builtins.getattr", Raw(call("builtins.__import__", "os")), "system") + value((c,)) + b"R"
    ),
    "pkgutil.resolve_name": lambda c: call("pkgutil.resolve_name", "os:system") + value((c,)) + b"R",
    "importlib.import_module": lambda c: call("importlib.import_module", "os") + b"0" + system(c),
    "a dotted name through another module": lambda c: (
        call("collections:_sys.modules.get", "os", by=stacked) + b"0" + system(c)
    ),
    "test.support.script_helper": lambda c: call("test.support.script_helper.assert_python_ok", "-c", python(c)),
    "ctypes.CDLL": lambda c: (
        call("builtins.getattr", Raw(call("ctypes.CDLL", None)), "system") + value((c.encode(),)) + b"R"
    ),
    "asyncio.run": lambda c: call("asyncio.run", Raw(call("asyncio.create_subprocess_shell", c))),
    "threading.Timer": lambda c: (
        call("threading.Thread", None, Raw(name("os.system")), None, (c,))
        + b"\x940"
        + call("threading:Thread.start", Raw(b"h\x00"), by=stacked)
        + b"0"
        + call("threading:Thread.join", Raw(b"h\x00"), by=stacked)
    ),
    "weakref.finalize": lambda c: call("weakref.finalize", Raw(name("os.system")), Raw(name("os.system")), c) + b")R",
    "contextlib.ExitStack": lambda c: (
        call("contextlib.ExitStack")
        + b"\x940"
        + call("contextlib:ExitStack.callback", Raw(b"h\x00"), Raw(name("os.system")), c, by=stacked)
        + b"0"
        + call("contextlib:ExitStack.close", Raw(b"h\x00"), by=stacked)
    ),
    "concurrent.futures": lambda c: (
        call("concurrent.futures.ThreadPoolExecutor", 1)
        + b"\x940"
        + call("concurrent.futures:ThreadPoolExecutor.submit", Raw(b"h\x00"), Raw(name("os.system")), c, by=stacked)
    ),
    "the builtins of another module": lambda c: (
        call("builtins:dict.get", Raw(name("collections.__builtins__")), "eval", by=stacked)
        + value((python(c),))
        + b"R"
    ),
    "copyreg._reconstructor of Popen": lambda c: (
        call("copyreg._reconstructor", Raw(name("subprocess.Popen")), Raw(name("builtins.object")), None)
        + b"0"
        + system(c)
    ),
}

# Ways to hide a call from a reader that looks for the usual ones.
_HIDDEN: dict[str, Sample] = {
    "STACK_GLOBAL": lambda c: whole(call("os.system", c, by=stacked)),
    "names out of the memo": memo_name,
    "a name that a call puts together": joined_name,
    "INST": lambda c: b"(" + text(c) + b"ios\nsystem\n" + STOP,
    "OBJ": lambda c: PROTO_2 + b"(" + name("os.system") + text(c) + b"o" + STOP,
    "NEWOBJ_EX": lambda c: whole(name("subprocess.Popen") + value((["sh", "-c", c],)) + b"}\x92" + b"0" + system(c)),
    "escapes in UNICODE": lambda c: PROTO_4 + b"V\\u006f\\u0073\nV\\u0073ystem\n\x93" + value((c,)) + b"R" + STOP,
    "escapes in STRING": lambda c: PROTO_4 + b"S'\\x6f\\163'\nS'sys\\x74em'\n\x93" + value((c,)) + b"R" + STOP,
    "SHORT_BINSTRING": lambda c: PROTO_4 + b"U\x02osU\x06system\x93" + value((c,)) + b"R" + STOP,
    "Python 2's name of builtins": lambda c: PROTO_2 + call("__builtin__.eval", python(c)) + STOP,
    "Python 2's commands": lambda c: PROTO_2 + call("commands.getoutput", c) + STOP,
    "no PROTO at all": lambda c: system(c) + STOP,
    "PROTO twice": lambda c: PROTO_4 + PROTO_2 + call("__builtin__.eval", python(c)) + STOP,
    "thrown away with POP": lambda c: PROTO_4 + system(c) + b"0" + harmless()[2:],
    "thrown away with POP_MARK": lambda c: PROTO_4 + b"(" + system(c) + b"1" + harmless()[2:],
    "in the key of a dictionary": lambda c: whole(b"}" + system(c) + b"Ns"),
    "in a frozenset": lambda c: whole(b"(" + system(c) + b"\x91"),
    "in a long list": lambda c: whole(b"](" + b"K\x01" * 5000 + system(c) + b"e"),
    "behind a long string": lambda c: whole(blob(b"x" * 3_000_000) + b"0" + system(c)),
    "behind many memo entries": lambda c: whole(
        b"N" + b"".join(b"r" + struct.pack("<I", n) for n in range(70_000)) + b"0" + system(c)
    ),
    "a class changed by BUILD": build_on_class,
    "a global changed by SETITEM": class_item,
    "broken off after the call": lambda c: PROTO_4 + system(c),
    "an opcode that is none, after the call": lambda c: PROTO_4 + system(c) + b"\xff\xff" + STOP,
    "a frame that says too little": lambda c: PROTO_4 + b"\x95" + struct.pack("<Q", 3) + system(c) + STOP,
    "gzip": lambda c: gzip.compress(whole(system(c))),
    "bz2": lambda c: bz2.compress(whole(system(c))),
    "xz": lambda c: lzma.compress(whole(system(c))),
    "zlib": lambda c: zlib.compress(whole(system(c))),
    "a second pickle behind the first": lambda c: harmless() + whole(system(c)),
    "a third pickle, without PROTO": lambda c: harmless() + harmless() + whole(system(c), b""),
    "an array of joblib's that pickle.load runs": joblib_hidden,
    "objects of an array of joblib's": joblib_objects,
    "byte code": code_object,
}

LIVE: dict[str, Sample] = {
    **{kind: (lambda c, make=make: whole(make(c))) for kind, make in _SHELL.items()},
    **_HIDDEN,
}

# Names that are not to pass, called with what they take; a network, a package or a display would be needed to run them.
_NAMES: dict[str, tuple[object, ...]] = {
    "numpy.testing._private.utils.runstring": ("1", {}),
    "numpy.load": ("x.npy", None, True),
    "numpy.f2py.crackfortran.getlincoef": ("1", {}),
    "numpy.f2py.crackfortran.param_eval": ("1", {}, {}),
    "numpy.core._ufunc_reconstruct": ("os", "system"),
    "numpy._core._ufunc_reconstruct": ("numpy", "load"),
    "numpy.memmap": ("/tmp/x", "u1", "w+"),
    "joblib.load": ("x",),
    "sklearn.externals.joblib.load": ("x",),
    "sklearn.utils._joblib.load": ("x",),
    "sklearn.datasets._kddcup99.GzipFile": ("/tmp/x", "wb"),
    "sklearn.utils.parallel.Parallel": (),
    "sklearn.svm.os.system": ("true",),
    "sklearn.tests.test_base.K": (),
    "pandas.eval": ("1",),
    "pandas.read_pickle": ("http://x/y",),
    "pandas.io.pickle.read_pickle": ("x",),
    "pandas.core.computation.eval.eval": ("1",),
    "torch.load": ("x",),
    "torch.storage._load_from_bytes": (b"x",),
    "torch.hub.load": ("x", "y"),
    "torch.jit.unsupported_tensor_ops.execWrapper": ("1", {}, {}),
    "torch.utils.bottleneck.__main__.run_cprofile": ("1", {}),
    "torch.utils._config_module.load_config": (b"x",),
    "idlelib.pyshell.ModifiedInterpreter.runcode": (None, "1"),
    "idlelib.debugobj.ObjectTreeItem.SetText": (None, "1"),
    "idlelib.run.Executive.runcode": (None, "1"),
    "lib2to3.pgen2.grammar.Grammar.loads": (None, b"x"),
    "lib2to3.pgen2.pgen.ParserGenerator.make_label": (None, None, "1"),
    "logging.config.listen": (9999,),
    "logging.FileHandler": ("/tmp/x",),
    "pip.main": (["install", "x"],),
    "pip._internal.main": (["install", "x"],),
    "ensurepip._run_pip": (["x"],),
    "venv.create": ("x",),
    "setuptools.setup": (),
    "distutils.file_util.write_file": ("/tmp/x", ["y"]),
    "webbrowser.open": ("http://x",),
    "urllib.request.urlopen": ("http://x",),
    "http.client.HTTPSConnection": ("x",),
    "requests.get": ("http://x",),
    "aiohttp.client.ClientSession": (),
    "smtplib.SMTP": ("x",),
    "ftplib.FTP": ("x",),
    "socket.create_connection": (("x", 1),),
    "ssl.get_server_certificate": (("x", 1),),
    "shutil.rmtree": ("/tmp/x",),
    "shutil.copyfile": ("/etc/passwd", "/tmp/x"),
    "os.remove": ("/tmp/x",),
    "builtins.open": ("/tmp/x", "w"),
    "io.open": ("/tmp/x", "w"),
    "_io.FileIO": ("/tmp/x", "w"),
    "codecs.open": ("/tmp/x", "w"),
    "pathlib.Path.write_text": (None, "x"),
    "pathlib.PosixPath.write_text": (None, "x"),
    "tempfile.NamedTemporaryFile": (),
    "linecache.getline": ("/etc/passwd", 1),
    "sqlite3.connect": ("/tmp/x",),
    "types.CodeType": (),
    "types.FunctionType": (),
    "cloudpickle.cloudpickle._make_function": (),
    "cloudpickle.loads": (b"x",),
    "dill._dill._create_function": (),
    "dill.loads": (b"x",),
    "inspect.currentframe": (),
    "gc.get_objects": (),
    "sys.settrace": (None,),
    "builtins.setattr": (None, "x", 1),
    "builtins.vars": (),
    "site.addsitedir": ("/tmp",),
    "zipimport.zipimporter": ("/tmp/x.zip",),
    "imp.load_source": ("x", "/tmp/x.py"),
    "importlib._bootstrap_external.SourceFileLoader": ("x", "/tmp/x.py"),
    "uuid._get_command_stdout": ("sh",),
    "_aix_support._read_cmd_output": ("sh",),
    "_osx_support._read_output": ("sh",),
    "_pyrepl.pager.pipe_pager": ("", "sh"),
    "multiprocessing.managers.BaseManager": (),
    "unittest.mock._importer": ("os.system",),
    "statistics.mean": ([1],),
    "patsy.eval.EvalFactor": ("1",),
    "jinja2.Template": ("{{1}}",),
    "mlflow.pyfunc.load_model": ("x",),
    "keras.models.load_model": ("x",),
    "tensorflow.io.write_file": ("/tmp/x", "y"),
    "antigravity.geohash": (1, 2, b""),
    "my_module.function": (),
    "__main__.Model": (),
}
QUIET: dict[str, Sample] = {
    **{
        f"{dotted} ({kind})": (lambda c, d=dotted, a=arguments, by=by: whole(call(d, *a, by=by)))
        for dotted, arguments in _NAMES.items()
        for kind, by in (("GLOBAL", name), ("STACK_GLOBAL", stacked))
    },
    "a distribution of scipy's with a text of its own": scipy_template,
    "a zip behind it": lambda c: harmless() + zipped(whole(system(c))),
    "a distribution by another maker": lambda c: whole(
        call("sklearn.metrics._dist_metrics.newObj", Raw(name("scipy.stats._continuous_distns.uniform_gen")))
        + value({"_parse_arg_template": python(c)})
        + b"b"
    ),
    "a distribution by numpy's masked arrays": lambda c: whole(
        call(
            "numpy.ma.core._mareconstruct",
            Raw(name("scipy.stats._continuous_distns.uniform_gen")),
            Raw(name("numpy.ndarray")),
            (0,),
            "b",
        )
        + value({"_parse_arg_template": python(c)})
        + b"b"
    ),
    "a distribution with pairs for its state": lambda c: whole(
        name("scipy.stats._continuous_distns.uniform_gen")
        + b")\x81"
        + value(({"_parse_arg_template": 1, python(c): 2}, "ab"))
        + b"b"
    ),
    "a distribution with a pair for its random state": lambda c: whole(
        name("scipy.stats._continuous_distns.uniform_gen")
        + b")\x81"
        + value(({"a": 1, "b": 2}, ("_parse_arg_template", python(c))))
        + b"b"
    ),
    "getattr as an item": lambda c: whole(b"](" + name("builtins.getattr") + b"e"),
    "getattr handed on": lambda c: whole(call("collections.defaultdict", Raw(name("builtins.getattr")))),
    "getattr as a state": lambda c: whole(
        name("collections.Counter") + b")R" + value((None, {"__setstate__": Raw(name("builtins.getattr"))})) + b"b"
    ),
    "getattr called by torch": lambda c: whole(
        call("torch._tensor._rebuild_from_type_v2", Raw(name("builtins.getattr")), None, (1, "real"), None)
    ),
    "getattr among very many": lambda c: whole(
        name("builtins.getattr") + b"\x940(" + b"N" * 300 + b"h\x00lp1\n0" + name("collections.Counter") + b"g1\n\x85R"
    ),
    "an extension": lambda c: whole(b"\x82\x05" + value((c,)) + b"R"),
    "a text of pickle in an integer's place": lambda c: whole(integer(1) + b"0" + stacked("nobody.knows")),
    "marshalled code": lambda c: whole(call("marshal.loads", marshal.dumps(1))),
    "a partial whose function is changed": lambda c: whole(
        call("functools.partial", Raw(name("numpy.log1p"))) + value((Raw(name("os.system")), (c,), {}, None)) + b"b)R"
    ),
    "a bound method": lambda c: whole(call("builtins.getattr", Raw(call("builtins.list")), "append")),
    "numpy's builtins": lambda c: whole(name("numpy.__builtins__")),
    "sys.modules by numpy": lambda c: whole(stacked("numpy:core._internal.sys.modules")),
    "a pickle by Python 2 of a file": lambda c: b"c__builtin__\nfile\n(S'/etc/passwd'\ntR.",
    "pickled by pickle itself": lambda c: pickle.dumps(print, protocol=0),
}
