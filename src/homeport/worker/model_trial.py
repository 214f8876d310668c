"""Loads a model file and predicts with it once, in a process that is thrown away: `model_trial.py TOLD RESULT`.

TOLD is a JSON file: `folder` (AZUREML_MODEL_DIR), `model` (`model.json`), `requests` (texts; where there is none, one
is made up), `memory` and `cpu` (limits in bytes and seconds); nothing is written outside its folder. RESULT is written
as JSON: `stage` (`load`, `predict` or `done`), `error`, `kind` and `trace` where it failed there, `version_warnings`,
`answers`, the `request` that was made up, and what was loaded.
"""

import faulthandler
import json
import os
import sys
import traceback
import warnings

VERSION_WORDS = ("Trying to unpickle estimator", "Trying to unpickle a", "compiled against a different version")


def main(told_path, result_path):
    """Do it, and write down how far it got: at each stage, so that a crash says where it was."""
    from homeport_model import model_confine

    with open(told_path, encoding="utf-8") as source:
        told = json.load(source)
    model_confine.confine(os.path.dirname(os.path.abspath(told_path)), told["memory"], told["cpu"])
    faulthandler.enable()
    sys.stdout.flush()
    os.dup2(2, 1)  # whatever the model prints is no answer
    result = {"stage": "load", "python": "%d.%d.%d" % sys.version_info[:3], "answers": [], "version_warnings": []}
    write(result_path, result)
    try:
        proceed(told, result, lambda: write(result_path, result))
        result["stage"] = "done"
    except BaseException as wrong:
        result["error"] = "%s: %s" % (type(wrong).__name__, wrong)
        result["kind"] = [base.__name__ for base in type(wrong).__mro__]
        result["caused"] = wrong.__cause__ is not None
        result["trace"] = traceback.format_exc()
    result["versions"] = versions()
    write(result_path, result)


def proceed(told, result, reached):
    """The stages one after the other; whatever the model raises goes through."""
    from homeport_model import model_answers, model_loading, model_sample, model_values

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            loaded = model_loading.load(told["model"], told["folder"])
        finally:
            result["version_warnings"] = version_warnings(seen)
        served = model_answers.Served(loaded)
    first = next(iter(served.members.values()))
    result.update(
        stage="predict",
        loaded="%s.%s" % (type(loaded).__module__, type(loaded).__name__),
        methods=first.methods,
        wanted=str(first.wanted),
        members=[name for name in served.members if name is not None],
    )
    requests = told["requests"]
    if not requests:
        made_up = model_sample.request_for(served)
        requests = [] if made_up is None else [json.dumps(made_up)]
        result["request"] = made_up
    reached()
    for request in requests:
        try:
            result["answers"].append(as_json(served.answer(request)))
        except Exception:
            if first.wanted.columns and not model_values.pandas_is_here():
                import pandas  # noqa: F401 - what lacks is a data frame: to raise this says so
            raise


def as_json(value):
    """Plain JSON; NaN stays as Python's json writes it."""
    return json.loads(json.dumps(value, default=plain))


def plain(value):
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "item"):
        return value.item()
    return str(value)


def version_warnings(seen):
    """Those that say another version wrote the file."""
    found = []
    for one in seen:
        words = str(one.message)
        named = any(base.__name__ == "InconsistentVersionWarning" for base in one.category.__mro__)
        if (named or any(part in words for part in VERSION_WORDS)) and words not in found:
            found.append(words)
    return found


def versions():
    """Of the top-level modules that are loaded and say theirs."""
    found = {}
    for name, module in list(sys.modules.items()):
        version = getattr(module, "__version__", None)
        installed = "site-packages" in (getattr(module, "__file__", None) or "")
        if installed and "." not in name and not name.startswith("_") and isinstance(version, str):
            found[name] = version
    return found


def write(path, result):
    """Beside it, then renamed."""
    with open(path + ".part", "w", encoding="utf-8") as target:
        json.dump(result, target)
    os.rename(path + ".part", path)


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [os.path.dirname(here)] + [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    main(*sys.argv[1:])
