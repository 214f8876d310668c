"""Makes the files in `files/`: `python make_files.py WHAT FOLDER`, with an interpreter that has what is named.

| WHAT | Python | packages |
|---|---|---|
| `new` | 3.11 | xgboost 3.2, lightgbm 4.7, catboost 1.2.10, skops 0.16, scikit-learn 1.9, skl2onnx, mlflow and so on |
| `old` | 3.7 | xgboost 0.90, lightgbm 2.3.0, catboost 0.20 |
| `mid` | 3.7 | xgboost 1.3.3 |
| `torch` | 3.7 | torch 1.4.0 |
| `keras` | 3.11 | tensorflow-cpu 2.15.0 |
| `keras3` | 3.12 | tensorflow-cpu 2.21 with keras 3.15 |
"""

import os
import sys

import numpy

X = numpy.random.RandomState(0).rand(60, 3)
y = (X[:, 0] > 0.5).astype(int)


def boosters(tag):
    import catboost
    import lightgbm
    import xgboost

    booster(xgboost, tag)
    small = {"objective": "binary", "verbose": -1, "min_data_in_leaf": 5, "num_leaves": 3}
    lightgbm.train(small, lightgbm.Dataset(X, y), 2).save_model(tag + ".lgb")
    model = catboost.CatBoostClassifier(iterations=2, depth=2, verbose=0, allow_writing_files=False).fit(X, y)
    model.save_model(tag + ".cbm")
    return model


def booster(xgboost, tag):
    data = xgboost.DMatrix(X, y, feature_names=["a", "b", "c"])
    trained = xgboost.train({"objective": "binary:logistic", "max_depth": 2}, data, 2)
    if tag != "new":
        trained.save_model(tag + ".xgb")
    if tag != "old":
        trained.save_model(tag + ".json")
    if tag == "new":
        trained.save_model(tag + ".ubj")
        xgboost.XGBClassifier(n_estimators=2, max_depth=2).fit(X, y).save_model("new_classifier.json")


def new():
    boosters("new").save_model("new_catboost.json", format="json")
    import mlflow.sklearn
    import skops.io
    from safetensors.numpy import save_file
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    skops.io.dump(model, "new.skops")
    with open("new.onnx", "wb") as file:
        file.write(to_onnx(model, X[:1].astype(numpy.float32)).SerializeToString())
    save_file({"w": X.astype(numpy.float32)}, "new.safetensors", metadata={"format": "pt"})
    numpy.save("object.npy", numpy.array([{"a": 1}, None], dtype=object), allow_pickle=True)
    numpy.savez_compressed("object.npz", x=X, o=numpy.array([{"a": 1}], dtype=object))
    mlflow.sklearn.save_model(LogisticRegression().fit(X, y), "mlflow", input_example=X[:2])


def torch():
    import torch

    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU())
    torch.save(model.state_dict(), "state_legacy.pt")
    torch.save(model.state_dict(), "state.pt", _use_new_zipfile_serialization=True)
    torch.save(model, "module.pt", _use_new_zipfile_serialization=True)

    class Twice(torch.nn.Module):
        def forward(self, x):
            return x * 2

    torch.jit.script(Twice()).save("script.pt")


def keras(tag="keras2"):
    import tensorflow

    layers = tensorflow.keras.layers
    model = tensorflow.keras.Sequential([layers.Input((3,)), layers.Dense(2)])
    model.save(tag + ".h5", include_optimizer=False)
    model.save(tag + ".keras")
    if tag == "keras2":
        model.save_weights(tag + ".weights.h5")
    model = tensorflow.keras.Sequential([layers.Input((3,)), layers.Lambda(lambda x: x * 2)])
    model.save(tag + "_lambda.h5", include_optimizer=False)
    model.save(tag + "_lambda.keras")
    if tag == "keras2":
        saved_models(tensorflow)


def saved_models(tensorflow):
    class Twice(tensorflow.Module):
        @tensorflow.function(input_signature=[tensorflow.TensorSpec([None, 3], tensorflow.float32, name="x")])
        def __call__(self, x):
            return {"y": x * 2.0}

    class Writes(tensorflow.Module):
        @tensorflow.function(input_signature=[tensorflow.TensorSpec([], tensorflow.string, name="x")])
        def __call__(self, x):
            tensorflow.io.write_file("canary", x)
            return {"y": x}

    for name, module in (("saved_model", Twice()), ("saved_model_writes", Writes())):
        tensorflow.saved_model.save(module, name, signatures=module.__call__.get_concrete_function())


if __name__ == "__main__":
    os.makedirs(sys.argv[2], exist_ok=True)
    os.chdir(sys.argv[2])
    what = sys.argv[1]
    if what == "mid":
        import xgboost

        booster(xgboost, "mid")
    else:
        makers = {"new": new, "old": lambda: boosters("old"), "torch": torch, "keras": keras}
        makers.get(what, lambda: keras("keras3"))()
