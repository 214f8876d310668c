"""One model file or folder -> the object in it, by the loader that `model.json` names."""

import bz2
import gzip
import json
import lzma
import os
import pickle
import sys
import zlib


class Refused(Exception):  # noqa: N818 - the model's fault, in words for the person who serves it
    """The file cannot be served as it is; the message says why."""


def load(told, folder):
    """`told` is `model.json`: `loader`, `path` below `folder`, and what the loader needs besides."""
    path = os.path.join(folder, told["path"])
    for place in [os.path.join(folder, more) for more in told.get("modules", [])]:
        if place not in sys.path:
            sys.path.append(place)  # last: the model's own modules never shadow a library
    return LOADERS[told["loader"]](path, told)


def opened(path):
    """The file's bytes, whichever compressor of the standard library wrapped them."""
    with open(path, "rb") as source:
        begin = source.read(6)
    for magic, module in ((b"\x1f\x8b", gzip), (b"BZh", bz2), (b"\xfd7zXZ", lzma), (b"\x5d\x00\x00", lzma)):
        if begin.startswith(magic):
            return module.open(path, "rb")
    return open(path, "rb")  # noqa: SIM115 - the caller closes it


def load_pickle(path, told):
    with opened(path) as source:
        try:
            return pickle.load(source)
        except zlib.error as wrong:
            raise Refused("the compressed file is damaged: %s" % wrong) from wrong


def load_dill(path, told):
    import dill  # whose own reader knows what its files call the module of a script

    with opened(path) as source:
        return dill.load(source)


def load_joblib(path, told):
    try:
        import joblib
    except ImportError:
        from sklearn.externals import joblib  # scikit-learn before 0.23 brought its own
    return joblib.load(path)


def load_skops(path, told):
    from skops import io

    trusted = told.get("trusted", [])
    unknown = [name for name in io.get_untrusted_types(file=path) if name not in trusted]
    if unknown:
        raise Refused(
            "the file holds types that nobody has allowed: %s. Allow them for the workspace if you trust them"
            % ", ".join("`%s`" % name for name in unknown)
        )
    return io.load(path, trusted=list(trusted))


def load_xgboost(path, told):
    import xgboost

    model = xgboost.Booster()
    model.load_model(path)
    named = told.get("class", "").rpartition(".")[2]
    about = json.loads(model.attr("scikit_learn") or "{}")  # what XGBClassifier and its kin leave in their files
    name = named or XGBOOST_FACES.get(about.get("_estimator_type"), "")
    if not name or name == "Booster":
        return model
    import sklearn  # noqa: F401 - without it these classes say so in words of their own

    model = getattr(xgboost, name)()
    model.load_model(path)
    return model


XGBOOST_FACES = {"classifier": "XGBClassifier", "regressor": "XGBRegressor", "ranker": "XGBRanker"}


def load_lightgbm(path, told):
    import lightgbm

    return lightgbm.Booster(model_file=path)


def load_catboost(path, told):
    import catboost

    for kind in (catboost.CatBoostClassifier, catboost.CatBoostRegressor, catboost.CatBoost):
        model = kind()
        try:
            model.load_model(path, format=told.get("format", "cbm"))
        except catboost.CatBoostError:
            continue  # a classifier's face on a regressor
        if kind is not catboost.CatBoostClassifier or is_classifier(model):
            return model
    raise Refused("catboost does not read `%s`" % os.path.basename(path))


def is_classifier(model):
    params = json.loads(model.get_metadata()["params"]) if "params" in model.get_metadata().keys() else {}  # noqa: SIM118
    loss = params.get("loss_function", {}).get("type", "")
    return loss in ("Logloss", "CrossEntropy", "MultiClass", "MultiClassOneVsAll", "MultiLogloss", "MultiCrossEntropy")


def load_onnx(path, told):
    import onnxruntime

    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def load_torchscript(path, told):
    import torch

    return torch.jit.load(path, map_location="cpu")


def load_torch(path, told):
    import torch

    try:
        found = torch.load(path, map_location="cpu", weights_only=False)
    except TypeError:  # before 1.13 there was no such argument
        found = torch.load(path, map_location="cpu")
    if isinstance(found, dict) and not any(isinstance(value, torch.nn.Module) for value in found.values()):
        raise Refused(
            "the file holds weights (a state dict) and not the model that they belong to: "
            "save it with torch.jit.script(model).save(path), or serve an entry script that builds it"
        )
    return found


def load_keras(path, told):
    first, error = None, None
    for find in (
        (keras_of_tensorflow, keras_alone) if told.get("format") != "keras" else (keras_alone, keras_of_tensorflow)
    ):
        try:
            keras = find()
        except ImportError as wrong:
            first = first or wrong
            continue
        try:
            return keras.models.load_model(path, compile=False)
        except Exception as wrong:
            error = error or wrong
    raise error or first


def keras_of_tensorflow():
    from tensorflow import keras

    return keras


def keras_alone():
    import keras

    return keras


def load_savedmodel(path, told):
    import tensorflow

    loaded = tensorflow.saved_model.load(path)
    signatures = getattr(loaded, "signatures", {})
    if not signatures:
        raise Refused("the SavedModel has no serving signature")
    found = signatures["serving_default"] if "serving_default" in signatures else next(iter(signatures.values()))
    found._homeport_keeps = loaded  # a signature does not keep its variables
    return found


def load_pyfunc(path, told):
    from mlflow import pyfunc

    return pyfunc.load_model(path)


LOADERS = {
    "catboost": load_catboost,
    "dill": load_dill,
    "joblib": load_joblib,
    "keras": load_keras,
    "lightgbm": load_lightgbm,
    "onnx": load_onnx,
    "pickle": load_pickle,
    "pyfunc": load_pyfunc,
    "savedmodel": load_savedmodel,
    "skops": load_skops,
    "torch": load_torch,
    "torchscript": load_torchscript,
    "xgboost": load_xgboost,
}
