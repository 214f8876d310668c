"""From the name that is imported to the distribution that has it.

The rule: they are the same, written as an index writes names. The table holds the exceptions that turn up in model
files and entry scripts; it is kept by hand, from what the projects say of their own installation.
"""

from __future__ import annotations

import sys

from packaging.utils import canonicalize_name

DISTRIBUTIONS = {
    "Bio": "biopython",
    "Crypto": "pycryptodome",
    "Levenshtein": "python-levenshtein",
    "MeCab": "mecab-python3",
    "OpenSSL": "pyopenssl",
    "PIL": "pillow",
    "_catboost": "catboost",
    "absl": "absl-py",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "faiss": "faiss-cpu",
    "fitz": "pymupdf",
    "git": "gitpython",
    "google.protobuf": "protobuf",
    "grpc": "grpcio",
    "hydra": "hydra-core",
    "igraph": "python-igraph",
    "imblearn": "imbalanced-learn",
    "jose": "python-jose",
    "jwt": "pyjwt",
    "magic": "python-magic",
    "mpl_toolkits": "matplotlib",
    "nacl": "pynacl",
    "osgeo": "gdal",
    "past": "future",
    "pkg_resources": "setuptools",
    "psycopg2": "psycopg2-binary",
    "pylab": "matplotlib",
    "pyximport": "cython",
    "ruamel": "ruamel.yaml",
    "serial": "pyserial",
    "skbio": "scikit-bio",
    "skfuzzy": "scikit-fuzzy",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "skopt": "scikit-optimize",
    "sksurv": "scikit-survival",
    "skmultilearn": "scikit-multilearn",
    "snappy": "python-snappy",
    "surprise": "scikit-surprise",
    "tlz": "toolz",
    "umap": "umap-learn",
    "wx": "wxpython",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}
# Distributions that a file may have installed by naming them. Of others only a person can say that they are what they
# seem: a package that nobody knows, and that a stranger's file names, may be there for being installed.
WELL_KNOWN = frozenset(
    """
    absl-py arch astropy attrs autogluon.tabular bayesian-optimization boruta bottleneck category-encoders causalml
    cloudpickle cuml cvxpy cython dask dask-ml datasets deap dtreeviz econml eli5 emcee evaluate fastai fasttext
    fbprophet feature-engine featuretools flair flaml flask fsspec future gensim geopandas gluonts gplearn gpy
    gpytorch graphviz h5py hdbscan hmmlearn huggingface-hub hyperopt imodels implicit interpret jax jaxlib jieba
    joblib keras keras-preprocessing keras-tuner kmodes langdetect lazypredict librosa lifelines lightfm lightgbm lime
    llvmlite lxml markupsafe matplotlib mlflow mlflow-skinny mlxtend modin networkx neuralprophet ngboost nltk numba
    numexpr numpy onnx onnxmltools onnxruntime openpyxl optuna packaging pandas paramiko patsy peft pingouin plotly
    pmdarima polars prophet psutil pyarrow pycaret pydantic pyerf pygam pymc3 pyod pyro-ppl pystan python-docx
    pytorch-lightning pytorch-tabnet pytz pywavelets rdkit rdkit-pypi regex requests river sacremoses safetensors
    scikit-lego scikit-multiflow scipy seaborn sentence-transformers sentencepiece setuptools shap shapely
    simpletransformers six skl2onnx sklearn-crfsuite sklearn-pandas skops skorch sktime smart-open spacy sqlalchemy
    stanza statsmodels sympy tables tabulate tbats tensorflow tensorflow-addons tensorflow-cpu tensorflow-hub
    tensorflow-probability textblob tf-keras tf2onnx thinc threadpoolctl tokenizers toolz torch torchaudio
    torchmetrics torchtext torchvision tpot tqdm transformers treelite tsfresh tslearn typing-extensions ujson
    wordcloud wrapt xgboost xlrd yellowbrick
    """.split()  # noqa: SIM905 - a list of names reads better as words
) | frozenset(DISTRIBUTIONS.values())
_NOT_PACKAGES = frozenset({"__main__", "__mp_main__", "builtins", "__builtin__", "copy_reg", "exceptions", "main"})


def distribution_of(module: str) -> str | None:
    """`sklearn.svm._classes` -> `scikit-learn`; None for the standard library and for a script's own names.

    A module that is in no distribution at all looks like one that is: only an index can tell.
    """
    top = module.partition(".")[0]
    if not top or top in _NOT_PACKAGES or top in sys.stdlib_module_names or top in _GONE_FROM_STDLIB:
        return None
    named = DISTRIBUTIONS.get(".".join(module.split(".")[:2])) or DISTRIBUTIONS.get(top)
    return canonicalize_name(named or top)


# Standard modules of Python 3.6 and newer (and 2.7's names in old pickles) that the one running this may lack.
_GONE_FROM_STDLIB = frozenset(
    """
    aifc asynchat asyncore audioop binhex cgi cgitb chunk crypt distutils dummy_threading formatter imghdr imp macpath
    mailcap msilib nis nntplib ossaudiodev parser pipes smtpd sndhdr spwd sunau symbol telnetlib uu xdrlib cPickle
    cStringIO StringIO Queue UserDict UserList UserString urllib2 urlparse tomllib
    """.split()  # noqa: SIM905 - a list of names reads better as words
)
