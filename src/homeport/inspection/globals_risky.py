"""Globals known to run what the file says, or to reach what does, with the reason in a few words.

Nothing rests on this list being whole: what is on no list is reported as unknown. It only says more of what is known.
"""

from __future__ import annotations

_SHELL = "starts programs"
_CODE = "runs Python code that it is given"
_REACH = "reaches any attribute of anything, and with it every function"
_CALLS = "calls whatever function it is given"
_IMPORT = "imports any module, and with it runs its code"
_PICKLE = "unpickles more, out of this reader's sight"
_FILES = "writes, moves or deletes files"
_NETWORK = "talks to the network"
_NATIVE = "calls native code"
_FUNCTION = "carries a function or class by value: unpickling makes it out of byte code of the file"
_MAKES = "makes a class out of what the file says"
_SESSION = "changes the state of the interpreter"

# Whole modules, with everything below them.
_MODULES: dict[str, str] = {
    _SHELL: "os posix nt subprocess _posixsubprocess pty popen2 commands asyncio multiprocessing webbrowser "
    "antigravity "
    "platform.popen concurrent pip venv ensurepip setuptools distutils _winapi msilib sysconfig",
    _CODE: "code codeop runpy timeit cProfile profile pdb bdb trace doctest idlelib lib2to3 test unittest cgitb "
    "IPython "
    "numpy.f2py numpy.testing sympy numexpr torch.jit torch.utils.bottleneck torch.utils._config_module "
    "torch.utils.collect_env torch.utils.data torch._dynamo torch._inductor torch.fx torch.distributed torch.hub "
    "torch.utils.cpp_extension pandas.core.computation patsy.eval jinja2 mako ast turtledemo compileall py_compile "
    "_aix_support _osx_support _pyrepl pydoc torch.testing tensorflow.python.eager scipy.weave",
    _IMPORT: "importlib _frozen_importlib _frozen_importlib_external imp pkgutil zipimport modulefinder site _imp "
    "zipapp",
    _REACH: "operator _operator inspect types _types gc ctypes.util",
    _CALLS: "functools _functools itertools threading _thread sched atexit signal contextlib weakref",
    _PICKLE: "pickle _pickle cPickle pickle5 shelve marshal dbm joblib.numpy_pickle joblib.numpy_pickle_utils "
    "joblib.numpy_pickle_compat torch.serialization torch.package pandas.io.pickle mlflow",
    _FILES: "shutil io _io _pyio tempfile fileinput zipfile tarfile gzip bz2 lzma glob linecache netrc sqlite3 "
    "logging mmap codecs tokenize pathlib nturl2path ntpath posixpath genericpath filecmp joblib.memory joblib.disk",
    _NETWORK: "socket _socket socketserver ssl _ssl smtplib ftplib telnetlib imaplib poplib nntplib xmlrpc urllib "
    "urllib2 http httplib aiohttp requests httpx webob wsgiref huggingface_hub fsspec boto3 paramiko smbclient",
    _NATIVE: "ctypes _ctypes cffi _cffi_backend cython",
    _SESSION: "sys readline rlcompleter",
    _FUNCTION: "cloudpickle dill _dill joblib.externals.cloudpickle sklearn.externals.joblib.externals.cloudpickle "
    "pyspark.cloudpickle pyspark.serializers ray.cloudpickle distributed.protocol",
}

_NAMES: dict[str, str] = {
    _CODE: "builtins.eval builtins.exec builtins.execfile builtins.compile builtins.input builtins.breakpoint "
    "pandas.eval pandas.core.frame.DataFrame.eval pandas.core.frame.DataFrame.query numpy.load "
    "torch.load torch.compile "
    "logging.config.listen collections.namedtuple typing.NamedTuple dataclasses.make_dataclass",
    _IMPORT: "builtins.__import__ builtins.__loader__ builtins.__spec__",
    _REACH: "builtins.getattr builtins.setattr builtins.delattr builtins.vars builtins.globals builtins.locals "
    "builtins.dir builtins.super builtins.property builtins.classmethod builtins.staticmethod "
    "builtins.__dict__ builtins.hasattr builtins.memoryview",
    _CALLS: "builtins.map builtins.filter builtins.reduce builtins.apply builtins.next builtins.iter builtins.sorted "
    "builtins.min builtins.max builtins.sum builtins.any builtins.all builtins.zip builtins.enumerate "
    "builtins.__build_class__",
    _FILES: "numpy.fromfile numpy.memmap numpy.core.memmap.memmap numpy._core.memmap.memmap builtins.open "
    "builtins.file builtins.print numpy.save numpy.savez numpy.savetxt "
    "numpy.core.records.fromfile",
    _PICKLE: "joblib.load joblib.dump sklearn.externals.joblib.load numpy.lib.npyio.load numpy.lib._npyio_impl.load "
    "pandas.read_pickle pandas.io.api.read_pickle torch.storage._load_from_bytes numpy.lib.format.read_array "
    "sklearn.utils._joblib.load",
    _MAKES: "builtins.type",
    _NETWORK: "pandas.read_csv pandas.read_html pandas.read_json",
}

RISKY_MODULES: dict[str, str] = {module: why for why, modules in _MODULES.items() for module in modules.split()}
RISKY_NAMES: dict[str, str] = {name: why for why, names in _NAMES.items() for name in names.split()}


def why_risky(module: str, name: str) -> str | None:
    """What is known against it, or None."""
    whole = f"{module}.{name}"
    if (found := RISKY_NAMES.get(whole)) is not None:
        return found
    parts = whole.split(".")
    if any(part in _SPECIAL for part in parts):
        return _REACH
    for end in range(len(parts) - 1, 0, -1):
        if (found := RISKY_MODULES.get(".".join(parts[:end]))) is not None:
            return found
    # a module reached through another one's imports: `sklearn.base.os.system`
    inner = next((part for part in parts[1:-1] if part in _INNER), None)
    return RISKY_MODULES[inner] if inner else None


RISKY_INNER = "os posix sys subprocess shutil socket pickle importlib ctypes builtins runpy marshal"
_SPECIAL = {
    "__builtins__",
    "__globals__",
    "__dict__",
    "__class__",
    "__subclasses__",
    "__loader__",
    "__import__",
    "f_globals",
}
_INNER = frozenset(RISKY_INNER.split())
