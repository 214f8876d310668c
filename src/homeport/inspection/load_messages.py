"""The well-known messages of models that do not load, and what each means. From the projects' own code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """A message, what it means, and of what the environment's own version is told beside that (`python`, or a name)."""

    pattern: str
    says: str
    about: str | None = None


_PYTHON = "python"

# the first that fits is told
MESSAGES: tuple[Message, ...] = (
    Message(r"No module named '?numpy\._core", "it was saved with numpy 2", "numpy"),
    Message(r"not a known BitGenerator module", "it was saved with a newer numpy", "numpy"),
    Message(
        r"compiled using NumPy 1\.x cannot be run in|_ARRAY_API not found|was removed in the NumPy 2\.0 release",
        "packages of this environment are older than numpy 2: it needs numpy<2",
        "numpy",
    ),
    Message(
        r"module 'numpy' has no attribute '(?P<name>\w+)'",
        "packages of this environment use `numpy.{name}`, which newer numpy has no more: "
        "resolve everything as of the model's day",
        "numpy",
    ),
    Message(
        r"(?:numpy\.\w+ size changed|compiled against (?:ABI|API) version)",
        "packages of this environment were built for another numpy",
        "numpy",
    ),
    Message(
        r"node array from the pickle has an incompatible dtype[\s\S]*?expected[^\n]*missing_go_to_left"
        r"(?![\s\S]*?got[^\n]*missing_go_to_left)",
        "its trees were saved with scikit-learn before 1.3",
        "scikit-learn",
    ),
    Message(
        r"node array from the pickle has an incompatible dtype[\s\S]*?got[^\n]*missing_go_to_left",
        "its trees were saved with scikit-learn 1.3 or newer",
        "scikit-learn",
    ),
    Message(
        r"node array from the pickle has an incompatible dtype",
        "its trees were saved with another scikit-learn",
        "scikit-learn",
    ),
    Message(
        r"[Bb]uffer dtype mismatch, expected '(?P<wanted>[^']+)' but got '(?P<got>[^']+)'",
        "it was saved where numbers have another width (`{got}`, here `{wanted}`): on a 32-bit machine or on Windows, "
        "or with another release of its library",
    ),
    Message(r"No module named '?_loss\b", "it was saved with another scikit-learn", "scikit-learn"),
    Message(r"_RemainderColsList", "it was saved with scikit-learn 1.5 to 1.7", "scikit-learn"),
    Message(
        r"unsupported pickle protocol: (?P<number>[5-9])", "it was saved with Python 3.8 or newer", _PYTHON
    ),
    Message(r"unsupported pickle protocol: 4", "it was saved with Python 3.4 or newer", _PYTHON),
    # types.CodeType takes 15 arguments up to Python 3.7, 16 up to 3.10, and 18 since 3.11
    Message(
        r"code(?:\(\) takes| expected) at most 1[56] arguments\D*18",
        "functions in it are byte code of Python 3.11 or newer",
        _PYTHON,
    ),
    Message(
        r"code(?:\(\) takes| expected) at most 15 arguments\D*16",
        "functions in it are byte code of Python 3.8, 3.9 or 3.10",
        _PYTHON,
    ),
    Message(
        r"code expected at least 16 arguments, got 15|an integer is required \(got type bytes\)"
        r"|'bytes' object cannot be interpreted as an integer",
        "functions in it are byte code of Python 3.7 or older",
        _PYTHON,
    ),
    Message(
        r"code\(\) argument 13 must be str, not int|code expected at least 1[678] arguments, got 16",
        "functions in it are byte code of Python 3.8, 3.9 or 3.10",
        _PYTHON,
    ),
    Message(
        r"bad marshal data|unknown opcode|code(?:\(\)| expected)[^\n]* arguments",
        "functions in it are byte code of another Python, and no other minor version runs them",
        _PYTHON,
    ),
    Message(
        r"Can't get attribute '(?:_fill_function|_make_skel_func|_rehydrate_skeleton_class)'",
        "it was saved with cloudpickle before 2",
        "cloudpickle",
    ),
    Message(
        r"Can't get attribute '(?:_make_function|_make_code|_make_empty_cell|_class_setstate|_function_setstate)'",
        "it was saved with a newer cloudpickle (1.5, 2.1 or later)",
        "cloudpickle",
    ),
    Message(
        r"Can't get attribute '_unpickle_block'|StringDtype[^\n]*(?:takes|argument|na_value)",
        "it was saved with a newer pandas",
        "pandas",
    ),
    Message(r"No module named '?pandas\.core\.indexes\.numeric", "it was saved with pandas before 2", "pandas"),
    Message(
        r"invalid load key, 'v'", "it is a Git LFS pointer instead of the model itself: run `git lfs pull`"
    ),
    Message(
        r"invalid load key, '<'", "it is a web page instead of the model itself: download the file once more"
    ),
    Message(
        r"invalid load key, '(?P<key>[^']+)'",
        "it is no pickle (it begins with `{key}`): another format, or compressed; `homeport model inspect` says which",
    ),
    Message(
        r"pickle data was truncated|Ran out of input|EOFError|unexpected end of (?:data|file)|Compressed file ended",
        "it is cut short: copy or download it once more",
    ),
    Message(
        r"XGBoost[^\n]*binary[^\n]*(?:removed|deprecated)|binary format[^\n]*removed",
        "it is a file of xgboost's old binary form, which xgboost 3.1 and newer do not read",
        "xgboost",
    ),
    Message(
        r"serialisation_header_|loading a serialized model[\s\S]*generated by[\s\S]*XGBoost"
        r"|'XGB\w+' object has no attribute|Check failed: str\[0\] == '\{'",
        "it was saved with another xgboost: save it with `save_model`, or use the version that saved it",
        "xgboost",
    ),
    Message(r"Model format error, expect a tree", "its trees are cut short, or of a newer lightgbm", "lightgbm"),
    Message(
        r"Incorrect model file descriptor|CatBoostError[^\n]*model file", "it is damaged, or no file of catboost's",
        "catboost",
    ),
    Message(r"Unsupported model IR version: (?P<version>\d+)", "it is an ONNX file of version {version}, too new here",
            "onnxruntime"),
    Message(
        r"[Oo]pset (?P<version>\d+) is under development|is till opset (?P<newest>\d+)",
        "it uses ONNX operators that are newer than this environment knows",
        "onnxruntime",
    ),
    Message(
        r"Requested the deserialization of a `?Lambda`?",
        "it has a Lambda layer, which runs code that is in the file: Keras loads it only with `safe_mode=False`",
    ),
    Message(
        r"Unrecognized keyword arguments?[^\n]*batch_shape|Unknown [^\n]*DTypePolicy|No module named '?keras\.src\b",
        "it was saved with Keras 3",
        "keras",
    ),
    Message(r"'str' object has no attribute 'decode'", "Keras before 2.5 reads its files with h5py 2 only", "h5py"),
    Message(
        r"Unknown (?:layer|object|metric|loss)[^\n:]*: '?(?P<name>\w+)|Could not locate class '(?P<kind>\w+)'",
        "it has `{name}{kind}`, which is not part of Keras here: code of whoever saved it, or of another version",
        "keras",
    ),
    Message(
        r"Attempting to deserialize object on a CUDA device",
        "it was saved on a graphics card, and there is none here: load it with `map_location=\"cpu\"`",
    ),
    Message(
        r"Weights only load failed", "it holds more than weights, and this torch loads those only when it is told to",
        "torch",
    ),
    Message(r"kMaxSupportedFileFormatVersion|newer than the maximum supported", "it was saved with a newer torch",
            "torch"),
    Message(r"PytorchStreamReader failed", "it is cut short or damaged: copy or download it once more"),
    Message(r"LZ4 is not installed|No module named '?lz4", "it is compressed with lz4, which needs the package `lz4`"),
    Message(
        r"(?P<library>lib[\w.+-]+\.so[\w.]*): cannot open shared object file",
        "the system library `{library}` is missing on this machine",
    ),
    Message(
        r"SIGSEGV|[Ss]egmentation fault|signal 11\b",
        "the interpreter crashed while it was loaded, as byte code or arrays of other versions make it do",
        _PYTHON,
    ),
    Message(r"SIGILL|[Ii]llegal instruction", "packages here use instructions that this processor does not have"),
    Message(r"MemoryError|SIGKILL|[Oo]ut of memory", "there was not enough memory to load it"),
)  # fmt: skip
