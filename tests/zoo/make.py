"""Makes the zoo: `.venv/bin/python -m tests.zoo.make [WORD ...]` makes the models whose name holds one of the words.

Each environment is of its day (`--exclude-newer`) on an interpreter of its time; they are kept in $ZOO_CACHE
(default: below the temporary folder) so that a second run is quick.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from homeport.environments.old_metadata import write_old_metadata

HERE = Path(__file__).parent
MODELS = HERE / "models"
PYTHONS = Path.home() / ".pyenv" / "versions"
RUN = "import sys; sys.path.insert(0, '.'); exec(compile(open('recipes/__main__.py').read(), 'main.py', 'exec'))"


@dataclass(frozen=True)
class Era:
    """One environment and what is made in it."""

    python: str
    day: str
    packages: tuple[str, ...]
    recipes: tuple[str, ...]

    def models(self) -> dict[str, str]:
        """Name of the model's folder -> recipe."""
        return {f"{recipe}-py{self.python.replace('.', '')}-{self.day[:4]}": recipe for recipe in self.recipes}

    @property
    def slug(self) -> str:
        return f"{self.python}-{self.day}-{'-'.join(self.packages)}".replace("==", "_")


ERAS = (
    Era(
        "3.6",
        "2019-05-20",
        ("scikit-learn==0.20.3", "lightgbm==2.2.3", "xgboost==0.82"),
        ("lgbm_classifier", "xgb_classifier"),
    ),
    Era(
        "3.6",
        "2020-06-10",
        ("scikit-learn==0.22.1", "imbalanced-learn==0.6.1", "category-encoders==2.1.0"),
        ("resampled", "encoded"),
    ),
    Era("3.7", "2021-01-25", ("scikit-learn==0.24.0", "dill", "xgboost==1.3.3"), ("dilled", "xgb_json", "grid_search")),
    Era("3.8", "2020-03-20", ("scikit-learn==0.22.2.post1", "pandas"), ("columns_pandas", "svc_gzip")),
    Era(
        "3.8",
        "2023-06-15",
        ("scikit-learn==1.2.2", "catboost==1.2", "lightgbm==3.3.5"),
        ("catboost_pickle", "lgbm_classifier"),
    ),
    Era("3.9", "2021-03-10", ("scikit-learn==0.24.1", "mlxtend", "feature-engine==1.0.2"), ("voted", "engineered")),
    Era("3.9", "2022-08-01", ("scikit-learn==1.1.1",), ("neighbours",)),
    Era(
        "3.11",
        "2023-04-10",
        ("scikit-learn==1.2.2", "xgboost==1.7.5", "pandas==1.5.3"),
        ("xgb_booster_pickle", "columns_pandas_pickle"),
    ),
    Era("3.12", "2024-02-10", ("scikit-learn==1.4.0", "skops==0.9.0"), ("skops_file", "stacking")),
    Era(
        "3.13",
        "2025-02-10",
        ("scikit-learn==1.6.1", "statsmodels==0.14.4", "cloudpickle"),
        ("statsmodels_formula", "cloudpickled_text"),
    ),
    Era("3.6", "2017-06-15", ("scikit-learn==0.18.1", "numpy", "scipy"), ("logistic", "forest_vendored_joblib")),
    Era("3.6", "2018-08-01", ("scikit-learn==0.19.2", "xgboost==0.72.1", "scipy"), ("bayes_protocol_2", "xgb_binary")),
    Era(
        "3.6",
        "2019-02-10",
        ("scikit-learn==0.20.2", "cloudpickle", "pandas"),
        ("cloudpickled_frame", "cloudpickled_text"),
    ),
    Era("3.7", "2019-09-15", ("statsmodels==0.10.1", "pandas==0.25.1"), ("statsmodels_formula", "statsmodels_glm")),
    Era(
        "3.7", "2020-04-20", ("scikit-learn==0.22.2.post1", "xgboost==1.0.2"), ("tree_protocol_4", "xgb_booster_pickle")
    ),
    Era(
        "3.7",
        "2020-10-01",
        ("scikit-learn==0.23.2", "sklearn-pandas==2.0.1"),
        ("mapped",),
    ),
    Era(
        "3.8",
        "2021-04-01",
        ("scikit-learn==0.24.1", "lightgbm==3.2.0", "mlxtend==0.18.0"),
        ("lgbm_booster_pickle", "voted"),
    ),
    Era("3.8", "2022-08-01", ("scikit-learn==1.1.1", "feature-engine==1.4.1"), ("engineered", "tree_protocol_4")),
    Era("3.9", "2022-11-20", ("dill==0.3.6", "numpy"), ("dilled",)),
    Era(
        "3.10",
        "2023-09-01",
        ("statsmodels==0.14.0", "cloudpickle", "scikit-learn"),
        ("statsmodels_formula", "cloudpickled_text"),
    ),
    Era(
        "3.11",
        "2024-07-01",
        ("mlflow==2.14.1", "scikit-learn==1.5.0", "setuptools<82"),
        ("mlflow_folder", "pyfunc_folder"),
    ),
    Era("3.12", "2024-11-20", ("statsmodels==0.14.4", "cloudpickle"), ("statsmodels_glm", "cloudpickled_frame")),
    Era("3.13", "2025-06-20", ("xgboost==3.0.2", "scikit-learn==1.7.0"), ("xgb_booster_pickle", "logistic")),
    Era("3.6", "2018-11-01", ("scikit-learn==0.20.0",), ("forest_vendored_joblib", "boosting")),
    Era("3.6", "2019-04-15", ("scikit-learn==0.20.3", "pandas"), ("text_pipeline", "columns_pandas_pickle")),
    Era("3.6", "2019-08-20", ("scikit-learn==0.21.3", "xgboost==0.90"), ("xgb_classifier", "svc_gzip")),
    Era("3.7", "2019-11-10", ("scikit-learn==0.21.3", "lightgbm==2.3.0"), ("lgbm_classifier", "neighbours")),
    Era("3.7", "2020-02-10", ("scikit-learn==0.22.1", "pandas"), ("columns_pandas", "joblib_dict", "logistic")),
    Era("3.7", "2020-02-20", ("scikit-learn==0.22.1", "cloudpickle"), ("cloudpickled_class", "cloudpickled_pipeline")),
    Era("3.7", "2020-09-01", ("scikit-learn==0.23.2", "catboost==0.24.1"), ("catboost_pickle", "isolation")),
    Era("3.8", "2020-11-15", ("scikit-learn==0.23.2", "xgboost==1.2.1"), ("xgb_regressor_joblib", "network")),
    Era("3.8", "2021-06-25", ("scikit-learn==0.24.2", "mlflow==1.18.0"), ("mlflow_folder", "hist_boosting")),
    Era("3.8", "2021-07-20", ("scikit-learn==0.24.2", "statsmodels==0.12.2"), ("statsmodels_ols", "stacking")),
    Era("3.9", "2022-03-01", ("scikit-learn==1.0.2", "pandas", "category-encoders"), ("columns_pandas", "encoded")),
    Era("3.9", "2022-04-01", ("scikit-learn==1.0.2", "skl2onnx==1.11", "onnxruntime"), ("onnx_file", "svr_xz")),
    Era("3.9", "2022-10-01", ("numpy", "cloudpickle"), ("cloudpickled_callable",)),
    Era("3.10", "2023-02-20", ("scikit-learn==1.2.1", "imbalanced-learn", "pandas"), ("resampled", "named_columns")),
    Era("3.10", "2023-05-10", ("scikit-learn==1.2.2", "skops==0.6.0"), ("skops_file", "text_bayes_joblib")),
    Era("3.10", "2023-07-20", ("scikit-learn==1.3.0", "catboost==1.2"), ("catboost_file",)),
    Era("3.11", "2023-12-10", ("scikit-learn==1.3.2", "xgboost==2.0.2"), ("xgb_json", "grid_search")),
    Era("3.11", "2024-03-20", ("scikit-learn==1.4.1.post1", "lightgbm==4.3.0"), ("lgbm_text", "means_highest")),
    Era("3.11", "2024-05-30", ("numpy", "cloudpickle"), ("cloudpickled_class",)),
    Era("3.12", "2024-10-15", ("scikit-learn==1.5.2", "pandas"), ("columns_pandas", "network")),
    Era("3.12", "2025-03-10", ("scikit-learn==1.6.1", "xgboost==2.1.4"), ("xgb_classifier",)),
    Era("3.12", "2025-03-12", ("scikit-learn==1.6.1", "cloudpickle"), ("cloudpickled_pipeline",)),
    Era("3.13", "2025-10-10", ("scikit-learn==1.7.2", "lightgbm==4.6.0"), ("lgbm_classifier", "hist_boosting")),
    Era("3.13", "2026-06-20", ("scikit-learn==1.9.0",), ("forest_joblib", "text_pipeline")),
)
# Runtimes of hundreds of megabytes: made when they are named, never committed.
LARGE = (
    Era("3.7", "2019-11-01", ("keras==2.2.4", "tensorflow==1.14.0", "h5py<3"), ("keras_alone_hdf5",)),
    Era("3.11", "2026-09-30", ("torch", "numpy"), ("torch_script",)),
    Era("3.8", "2021-07-01", ("tensorflow-cpu==2.5.0",), ("keras_hdf5",)),
)


def make(era: Era, name: str, target: Path) -> bool:
    """Make one model of it as `target/NAME`; False where that fails, as the screen says."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / name
        variables = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore", "PYTHONHASHSEED": "0"}
        try:
            shutil.copytree(HERE / "recipes", Path(folder) / "recipes")
            command = [str(environment(era)), "-c", RUN, era.models()[name], name]
            subprocess.run(command, check=True, env=variables, cwd=folder)
        except subprocess.CalledProcessError as wrong:
            print(wrong, flush=True)
            return False
        shutil.rmtree(target / name, ignore_errors=True)
        shutil.copytree(made, target / name)
    return True


def _is_wanted(name: str, words: list[str]) -> bool:
    return not words or any(word in name for word in words)


def environment(era: Era) -> Path:
    """Its interpreter, made where it is not yet."""
    folder = Path(os.environ.get("ZOO_CACHE") or Path(tempfile.gettempdir()) / "homeport-zoo") / era.slug
    python = folder / "bin" / "python"
    if not (folder / "whole").exists():
        uv = [sys.executable, "-m", "uv"]
        base = sorted(PYTHONS.glob(f"{era.python}.*/bin/python"))[-1]
        subprocess.run([*uv, "venv", "-q", "--clear", "-p", str(base), str(folder)], check=True)
        write_old_metadata(folder)
        day = [] if "torch" in era.packages else ["--exclude-newer", f"{era.day}T00:00:00Z"]
        more = ["setuptools<82"] if era.python in ("3.6", "3.7") else []  # recipes.versions() reads it there
        subprocess.run(
            [*uv, "pip", "install", "-q", "-p", str(python), *day, *era.packages, *more], check=True, cwd=folder
        )
        (folder / "whole").touch()
    return python


def main(words: list[str]) -> None:
    MODELS.mkdir(exist_ok=True)
    failed = []
    for era in (*ERAS, *(LARGE if words else ())):
        made = [name for name in era.models() if _is_wanted(name, words)]
        for name in made:
            if not make(era, name, MODELS):
                failed.append(name)
            print(f"{'could not make' if name in failed else 'made'} {name}", flush=True)
    sys.exit(f"{len(failed)} failed" if failed else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
