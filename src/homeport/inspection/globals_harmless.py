"""Globals that unpickling may import and call with any arguments and that run nothing of the file's own.

The list says what is harmless; whatever is not on it is at least unknown. A name stands here only where calling it with
any arguments, and setting any state on what it returns, calls nothing that the file chose. Names are those of the
module that defines them in some release, because picklers write those.
"""

from __future__ import annotations

import re

_BUILTINS = (
    "bool bytearray bytes complex dict float frozenset int list long object range set slice str tuple unicode xrange "
    "Ellipsis NotImplemented ArithmeticError AttributeError Exception IndexError KeyError LookupError RuntimeError "
    "TypeError ValueError DeprecationWarning FutureWarning ImportWarning PendingDeprecationWarning RuntimeWarning "
    "UserWarning Warning"
)

_EXACT: dict[str, str] = {
    "builtins": f"{_BUILTINS} getattr",  # getattr: only as `pickle_surprises` has it
    "array": "array _array_reconstructor",
    "collections": "Counter OrderedDict defaultdict deque",
    "copyreg": "_reconstructor __newobj__ __newobj_ex__",
    "_codecs": "encode",
    "datetime": "date datetime time timedelta timezone",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "functools": "partial",  # only as `pickle_surprises` has it, as getattr above
    "operator": "itemgetter",
    "pathlib": "PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath",
    "pathlib._local": "PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath",
    "re": "_compile",
    "uuid": "SafeUUID UUID",
    "zoneinfo": "ZoneInfo._unpickle",
    "pytz": "_UTC _p",
    "joblib.numpy_pickle": "NDArrayWrapper NumpyArrayWrapper ZNDArrayWrapper",
    "sklearn.externals.joblib.numpy_pickle": "NDArrayWrapper NumpyArrayWrapper ZNDArrayWrapper",
}

_NUMPY_TYPES = (
    "dtype ndarray matrix recarray record bool bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 intc uintc "
    "longlong ulonglong float16 float32 float64 longdouble float128 complex64 complex128 clongdouble str_ unicode_ "
    "string_ bytes_ object_ void datetime64 timedelta64 number integer signedinteger floating complexfloating generic"
)
# Calculating functions: they take arrays and give arrays back.
_NUMPY_FUNCTIONS = (
    "abs absolute add all amax amin any arange arccos arcsin arctan argmax argmin argsort around array array_equal "
    "asarray cbrt ceil clip concatenate corrcoef cos cosh cumsum diff divide dot exp exp2 expm1 fabs floor hstack "
    "identity isfinite isnan isinf linspace log log10 log1p log2 logical_and logical_not logical_or max maximum mean "
    "median min minimum multiply nan_to_num nanmax nanmean nanmedian nanmin nanstd nansum negative ones percentile "
    "power prod product quantile ravel reciprocal reshape rint round round_ sign sin sinh sort sqrt square squeeze std "
    "subtract sum tan tanh transpose true_divide unique var vectorize vstack where zeros zeros_like"
)
for _module in ("numpy", "numpy.core.fromnumeric", "numpy.core._multiarray_umath", "numpy._core._multiarray_umath"):
    _EXACT[_module] = f"{_NUMPY_TYPES} {_NUMPY_FUNCTIONS}"
for _module in ("numpy._core.fromnumeric", "numpy.lib.function_base", "numpy.lib._function_base_impl"):
    _EXACT[_module] = _NUMPY_FUNCTIONS
for _module in ("numpy.lib.nanfunctions", "numpy.lib._nanfunctions_impl", "numpy.lib.type_check"):
    _EXACT[_module] = _NUMPY_FUNCTIONS
for _core in ("numpy.core", "numpy._core"):
    _EXACT[f"{_core}.multiarray"] = "_reconstruct scalar"
    _EXACT[f"{_core}.numeric"] = "_frombuffer"
    _EXACT[f"{_core}"] = "_ufunc_reconstruct _DType_reconstruct"
    _EXACT[f"{_core}._internal"] = "_convert_to_stringdtype_kwargs"
_EXACT["numpy.ma"] = "MaskedArray"
_EXACT["numpy.ma.core"] = "MaskedArray MaskedConstant _mareconstruct"
_EXACT["numpy.random"] = "Generator MT19937 PCG64 PCG64DXSM Philox RandomState SFC64 __RandomState_ctor"
_EXACT["numpy.random._pickle"] = "__bit_generator_ctor __generator_ctor __randomstate_ctor"
_EXACT["numpy.random.bit_generator"] = "SeedSequence SeedlessSeedSequence __pyx_unpickle_SeedSequence"
for _each in (
    "mt19937 MT19937",
    "pcg64 PCG64",
    "philox Philox",
    "sfc64 SFC64",
    "generator Generator",
    "mtrand RandomState",
):
    _EXACT[f"numpy.random._{_each.split()[0]}"] = _each.split()[1]
_EXACT["numpy.random.mtrand"] = "RandomState __RandomState_ctor _rand"
_EXACT["numpy.dtypes"] = "StringDType"

_SPARSE = "bsr coo csc csr dia dok lil"
for _kind in _SPARSE.split():
    for _module in (f"scipy.sparse.{_kind}", f"scipy.sparse._{_kind}"):
        _EXACT[_module] = f"{_kind}_matrix {_kind}_array"
for _module in ("interpolate", "_interpolate", "_bsplines", "_cubic", "fitpack2", "_fitpack2", "polyint", "_polyint"):
    _EXACT[f"scipy.interpolate.{_module}"] = (
        "interp1d BSpline PPoly BPoly CubicSpline PchipInterpolator Akima1DInterpolator UnivariateSpline "
        "InterpolatedUnivariateSpline LSQUnivariateSpline BarycentricInterpolator KroghInterpolator CubicHermiteSpline"
    )
for _module in ("ckdtree", "_ckdtree", "kdtree", "_kdtree"):
    _EXACT[f"scipy.spatial.{_module}"] = "KDTree cKDTree cKDTreeNode"
_EXACT["scipy.stats._distn_infrastructure"] = "rv_frozen rv_continuous_frozen rv_discrete_frozen"
_EXACT["scipy.special._ufuncs"] = "erf erfc expit gamma gammaln logit xlogy entr boxcox inv_boxcox"
_EXACT["scipy.spatial.distance"] = (
    "braycurtis canberra chebyshev cityblock correlation cosine euclidean hamming jaccard"
)

_PANDAS: dict[str, str] = {
    "core.frame": "DataFrame",
    "core.series": "Series",
    "core.internals": "BlockManager SingleBlockManager",
    "core.internals.managers": "BlockManager SingleBlockManager",
    "core.internals.blocks": "Block new_block new_block_2d",
    "_libs.internals": "BlockPlacement BlockManager SingleBlockManager _unpickle_block",
    "core.indexes.base": "Index _new_Index",
    "indexes.base": "Index _new_Index",
    "core.index": "Index _new_Index",
    "core.indexes.range": "RangeIndex",
    "indexes.range": "RangeIndex",
    "core.indexes.numeric": "Int64Index UInt64Index Float64Index NumericIndex",
    "indexes.numeric": "Int64Index UInt64Index Float64Index",
    "core.indexes.multi": "MultiIndex",
    "core.indexes.category": "CategoricalIndex",
    "core.indexes.interval": "IntervalIndex _new_IntervalIndex",
    "core.indexes.datetimes": "DatetimeIndex _new_DatetimeIndex",
    "core.indexes.timedeltas": "TimedeltaIndex",
    "core.indexes.period": "PeriodIndex _new_PeriodIndex",
    "core.indexes.frozen": "FrozenList FrozenNDArray",
    "core.dtypes.dtypes": (
        "CategoricalDtype DatetimeTZDtype IntervalDtype PeriodDtype SparseDtype PandasDtype NumpyEADtype"
    ),
    "core.categorical": "Categorical",
    "core.arrays.categorical": "Categorical",
    "core.arrays.datetimes": "DatetimeArray",
    "core.arrays.timedeltas": "TimedeltaArray",
    "core.arrays.period": "PeriodArray",
    "core.arrays.interval": "IntervalArray",
    "core.arrays.boolean": "BooleanArray BooleanDtype",
    "core.arrays.integer": (
        "IntegerArray Int8Dtype Int16Dtype Int32Dtype Int64Dtype UInt8Dtype UInt16Dtype UInt32Dtype UInt64Dtype"
    ),
    "core.arrays.floating": "FloatingArray Float32Dtype Float64Dtype",
    "core.arrays.numpy_": "PandasArray NumpyExtensionArray PandasDtype",
    "core.arrays.string_": "StringArray StringDtype",
    "core.arrays.string_arrow": "ArrowStringArray ArrowStringArrayNumpySemantics",
    "core.arrays.sparse.array": "SparseArray",
    "core.arrays.sparse.dtype": "SparseDtype",
    "core.flags": "Flags",
    "_libs.arrays": "NDArrayBacked __pyx_unpickle_NDArrayBacked",
    "_libs.missing": "NAType C_NA NA",
    "_libs.tslibs.offsets": "Day Hour Minute Second MonthEnd MonthBegin BusinessDay YearEnd QuarterEnd Week",
    "_libs.interval": "Interval",
    "_libs.tslibs.timestamps": "Timestamp _unpickle_timestamp",
    "_libs.tslibs.timedeltas": "Timedelta _timedelta_unpickle",
    "_libs.tslibs.nattype": "NaTType _nat_unpickle __nat_unpickle",
    "_libs.tslibs.period": "Period",
    "tslib": "Timestamp __nat_unpickle",
}
_PANDAS_PUBLIC = (  # what pandas 3 calls its own classes
    "Categorical CategoricalDtype CategoricalIndex DataFrame DatetimeIndex DatetimeTZDtype Float32Dtype "
    "Float64Dtype Index "
    "Int8Dtype Int16Dtype Int32Dtype Int64Dtype Interval IntervalDtype IntervalIndex MultiIndex NA NaT "
    "Period PeriodDtype "
    "PeriodIndex RangeIndex Series SparseDtype StringDtype Timedelta TimedeltaIndex Timestamp UInt8Dtype UInt16Dtype "
    "UInt32Dtype UInt64Dtype BooleanDtype Flags"
)
_EXACT["pandas"] = _PANDAS_PUBLIC
_EXACT["pandas.arrays"] = (
    "ArrowStringArray BooleanArray Categorical DatetimeArray FloatingArray IntegerArray IntervalArray "
    "NumpyExtensionArray "
    "PeriodArray SparseArray StringArray TimedeltaArray"
)
for _module, _names in _PANDAS.items():
    _EXACT[f"pandas.{_module}"] = _names

_TORCH = (
    "_rebuild_parameter _rebuild_parameter_with_state _rebuild_qtensor _rebuild_sparse_tensor "
    "_rebuild_tensor _rebuild_tensor_v2"
)
_EXACT["torch._utils"] = _TORCH
_EXACT["torch"] = (
    "Size Tensor device dtype bfloat16 bool complex64 complex128 float16 float32 float64 half float double int8 int16 "
    "int32 int64 uint8 qint8 qint32 quint8 per_channel_affine per_tensor_affine strided sparse_coo "
    "BFloat16Storage BoolStorage ByteStorage CharStorage ComplexDoubleStorage ComplexFloatStorage DoubleStorage "
    "FloatStorage HalfStorage IntStorage LongStorage QInt32Storage QInt8Storage QUInt8Storage ShortStorage"
)
_EXACT["torch.nn.parameter"] = "Parameter Buffer"
_EXACT["torch.storage"] = "TypedStorage UntypedStorage"
_EXACT["torch._tensor"] = "Tensor"

_EXACT["xgboost.core"] = "Booster"
_EXACT["xgboost.compat"] = "XGBoostLabelEncoder"
_EXACT["xgboost.sklearn"] = (
    "XGBClassifier XGBModel XGBRFClassifier XGBRFRegressor XGBRanker XGBRegressor XGBClassifierBase XGBRegressorBase "
    "XGBModelBase"
)
_EXACT["xgboost.callback"] = "EarlyStopping EvaluationMonitor LearningRateScheduler TrainingCheckPoint"
_EXACT["lightgbm.basic"] = "Booster"
_EXACT["lightgbm.compat"] = "_LGBMLabelEncoder LGBMLabelEncoder"
_EXACT["lightgbm.sklearn"] = (
    "LGBMClassifier LGBMModel LGBMRanker LGBMRegressor _EvalFunctionWrapper _ObjectiveFunctionWrapper"
)
_EXACT["sklearn_pandas.dataframe_mapper"] = "DataFrameMapper"
_EXACT["sklearn_pandas.pipeline"] = "TransformerPipeline"
_EXACT["catboost.core"] = "CatBoost CatBoostClassifier CatBoostRanker CatBoostRegressor"

# Functions of scikit-learn that pickled estimators refer to: scores, kernels, distances, row-wise transformations.
_SKLEARN_FUNCTIONS = (
    "accuracy_score adjusted_mutual_info_score adjusted_rand_score average_precision_score balanced_accuracy_score "
    "brier_score_loss cohen_kappa_score completeness_score explained_variance_score f1_score fbeta_score "
    "fowlkes_mallows_score hamming_loss hinge_loss homogeneity_score jaccard_score log_loss matthews_corrcoef "
    "max_error mean_absolute_error mean_absolute_percentage_error mean_gamma_deviance mean_poisson_deviance "
    "mean_squared_error mean_squared_log_error median_absolute_error mutual_info_score ndcg_score dcg_score "
    "normalized_mutual_info_score precision_score r2_score rand_score recall_score roc_auc_score "
    "root_mean_squared_error root_mean_squared_log_error top_k_accuracy_score v_measure_score zero_one_loss "
    "d2_absolute_error_score d2_pinball_score d2_tweedie_score mean_pinball_loss mean_tweedie_deviance "
    "additive_chi2_kernel chi2_kernel cosine_distances cosine_similarity euclidean_distances laplacian_kernel "
    "linear_kernel manhattan_distances nan_euclidean_distances polynomial_kernel rbf_kernel sigmoid_kernel "
    "chi2 f_classif f_oneway f_regression mutual_info_classif mutual_info_regression r_regression "
    "add_dummy_feature binarize maxabs_scale minmax_scale normalize power_transform quantile_transform robust_scale "
    "scale strip_accents_ascii strip_accents_unicode strip_tags newObj _return_float_dtype _passthrough_scorer"
)
_SKLEARN_MODULES = re.compile(
    r"sklearn\.(?:_loss|base|calibration|cluster|compose|covariance|cross_decomposition|cross_validation|decomposition|"
    r"discriminant_analysis|dummy|ensemble|feature_extraction|feature_selection|frozen|gaussian_process|grid_search|"
    r"impute|isotonic|kernel_approximation|kernel_ridge|lda|learning_curve|linear_model|manifold|metrics|mixture|"
    r"model_selection|multiclass|multioutput|naive_bayes|neighbors|neural_network|pipeline|preprocessing|qda|"
    r"random_projection|semi_supervised|svm|tree|utils\.(?:_bunch|metadata_requests|_metadata_requests|_set_output|"
    r"deprecation|_encode|_random|_weight_vector|weight_vector|_seq_dataset|arrayfuncs|validation|__init__))(?:\.[a-z_0-9]+)*"
)
_OTHER_MODULES = re.compile(
    r"(?:imblearn\.(?:base|combine|ensemble|over_sampling|pipeline|under_sampling)"
    r"|mlxtend\.(?:classifier|cluster|feature_extraction|feature_selection|preprocessing|regressor)"
    r"|category_encoders|feature_engine|torch\.nn\.modules)(?:\.[a-z_0-9]+)*"
)
# Their state holds a text that is executed: `pickle_surprises` reads it.
_DISTRIBUTIONS = {"scipy.stats._continuous_distns", "scipy.stats._discrete_distns"}
_INTERPOLATION = {"scipy.interpolate.interpolate", "scipy.interpolate._interpolate"}
_METHOD = re.compile(r"interp1d\._call_\w+")
_CLASS = re.compile(r"_{0,2}[A-Z][A-Za-z0-9_]*|(?:csr|csc|coo)_matrix")
# What scikit-learn 1.5 to 1.8 calls its compiled `sklearn._loss._loss`, which registers itself under this name.
BARE_LOSS = "_loss"
_LOSS = re.compile(r"(?:__pyx_unpickle_)?Cy[A-Z][A-Za-z]+")
_CYTHON = re.compile(r"__pyx_unpickle_[A-Za-z0-9_]+")
# Classes that those modules import from elsewhere and that open, delete or start something.
_NOT_OURS = (
    "BZ2File BytesIO Callable FileIO GzipFile Integral Memory MemorizedFunc MemorizedResult Parallel "
    "Path Pool Popen Process ProcessPoolExecutor Thread ThreadPool ThreadPoolExecutor TemporaryDirectory "
    "StringIO Request Pep562 TransformerMixinMeta ABCMeta Options Generator Hub ScriptModule CDLL"
)

HARMLESS: frozenset[tuple[str, str]] = frozenset(
    (module, name) for module, names in _EXACT.items() for name in names.split()
) | {("sklearn.utils", "Bunch")}
_FUNCTIONS = frozenset(_SKLEARN_FUNCTIONS.split())
_ELSEWHERE = frozenset(_NOT_OURS.split())


def is_harmless(module: str, name: str) -> bool:
    """Whether importing that name, and calling it with whatever the file says, runs nothing of the file's own."""
    if (module, name) in HARMLESS:
        return True
    parts = module.split(".")
    if module == BARE_LOSS:
        return bool(_LOSS.fullmatch(name))
    if module in _INTERPOLATION and _METHOD.fullmatch(name):
        return True
    if "." in name or "tests" in parts or "externals" in parts or name in _ELSEWHERE or "_testing" in parts:
        return False
    if module in _DISTRIBUTIONS:
        return name.endswith("_gen")
    if module.startswith("pandas._libs.") and _CYTHON.fullmatch(name):
        return True
    if _SKLEARN_MODULES.fullmatch(module):
        return bool(_CLASS.fullmatch(name) or _CYTHON.fullmatch(name)) or name in _FUNCTIONS
    return bool(_OTHER_MODULES.fullmatch(module) and _CLASS.fullmatch(name))
