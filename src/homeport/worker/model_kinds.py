"""What can be asked of a loaded object: its prediction methods by name, whatever library it is of."""

from . import model_tensors, model_values
from .model_request import BadInput, Named, Table
from .model_wanted import Wanted, get, quoted, wanted_by

PREDICTION = (
    "apply",
    "classify",
    "decision_function",
    "decision_path",
    "embed",
    "encode",
    "forecast",
    "infer",
    "inverse_transform",
    "kneighbors",
    "mahalanobis",
    "radius_neighbors",
    "recommend",
    "score_samples",
    "transform",
)
PREDICTION_BEGINS = ("predict", "staged_predict", "staged_decision_function")
IN_PLACE_OF_PREDICT = ("transform", "score_samples", "decision_function", "classify", "infer", "forecast", "apply")
ANYTHING = Wanted()
OF_LIBRARIES = {  # what a library raises for data that do not fit, besides ValueError and its kin
    "CatBoostError",
    "InvalidArgument",
    "InvalidArgumentError",
    "LightGBMError",
    "PatsyError",
    "XGBoostError",
}

OF_INPUTS = tuple(  # one value was taken for another: a number that has no `lower`
    "'%s' object has no attribute" % kind for kind in ("DataFrame", "NoneType", "bool", "float", "int", "list", "str")
)


class Unservable(Exception):  # noqa: N818 - it is the model's fault, said once at the start
    """The file was loaded, and nothing in it can be asked for a prediction."""


class Kind:
    """One object behind methods: `methods` are their names, `wanted` says what data it takes."""

    def __init__(self, model, methods, wanted):
        self.model = model
        self.methods = methods
        self.wanted = wanted

    def answer(self, method, data):
        """What `method` gives for the data of a request; BadInput for a method that it has not."""
        if method not in self.methods:
            raise BadInput(
                "the model has no method `%s` to predict with: it has %s" % (method, quoted(self.methods, 30))
            )
        wanted = ANYTHING if method == "inverse_transform" else self.wanted  # which takes what the object gives
        return plain(self.call(method, self.fitting(data, wanted)))

    def fitting(self, data, wanted):
        return model_values.fitting(data, wanted)

    def call(self, method, values):
        return getattr(self.model, method)(values)


class Estimator(Kind):
    """Anything with `predict` or its like: of scikit-learn, of what looks like it, or of somebody's own making."""

    def __init__(self, model):
        methods = methods_of(model)
        self.stands_for_predict = "predict"
        if "predict" not in methods:
            stand_ins = [name for name in IN_PLACE_OF_PREDICT if name in methods] or methods[:1]
            if not stand_ins:
                raise Unservable("a `%s` has no method that predicts" % type(model).__name__)
            self.stands_for_predict = stand_ins[0]
            methods = ["predict"] + methods
        booster = get(model, "booster_")
        self.categorical = lightgbm_categorical(booster) if get(booster, "pandas_categorical") else []
        Kind.__init__(self, model, methods, wanted_by(model))

    def call(self, method, values):
        if self.categorical:
            values = with_categories(values, self.categorical)
        found = getattr(self.model, self.stands_for_predict if method == "predict" else method)(values)
        return list(found) if method.startswith("staged_") else found


class Called(Kind):
    """A plain callable: `predict` calls it."""

    def __init__(self, model):
        Kind.__init__(self, model, ["predict"], wanted_by(model))

    def call(self, method, values):
        return self.model(values)


class XgboostBooster(Kind):
    """The native model; its columns' names are checked by xgboost itself once they are in order."""

    def __init__(self, model):
        wanted = wanted_by(model)
        wanted.columns = wanted.needed = list(model.feature_names or []) or None
        wanted.width = len(wanted.columns) if wanted.columns else width_of_booster(model)
        Kind.__init__(self, model, ["predict", "apply"], wanted)

    def call(self, method, values):
        import xgboost

        names = self.model.feature_names
        kinds = get(self.model, "feature_types")
        categories = bool(kinds) and "c" in kinds
        if categories:
            values = with_categories(values, [name for name, kind in zip(names, kinds) if kind == "c"])  # noqa: B905
        told = {"enable_categorical": True} if categories else {}
        matrix = xgboost.DMatrix(values, feature_names=names, missing=float("nan"), **told)
        return self.model.predict(matrix, pred_leaf=True) if method == "apply" else self.model.predict(matrix)


class LightgbmBooster(Kind):
    """The native model."""

    def __init__(self, model):
        wanted = wanted_by(model)
        wanted.width = model.num_feature()
        names = model.feature_name()
        if names and names != ["Column_%d" % number for number in range(len(names))]:
            wanted.columns = wanted.needed = names
        self.categorical = lightgbm_categorical(model) if get(model, "pandas_categorical") else []
        Kind.__init__(self, model, ["predict", "apply"], wanted)

    def call(self, method, values):
        if self.categorical:
            values = with_categories(values, self.categorical)
        return self.model.predict(values, pred_leaf=method == "apply")


class Statsmodels(Kind):
    """Results of a fit: `predict(exog)`, whose columns a formula finds by name."""

    def __init__(self, model):
        wanted = wanted_by(model)
        inner = get(model, "model")
        formula = get(inner, "formula") is not None
        names = get(inner, "exog_names")
        wanted.columns = wanted.needed = None
        if formula:
            wanted.frame, wanted.width = True, None
            wanted.columns = wanted.needed = formula_names(inner) or None
        elif isinstance(names, list):
            wanted.columns = wanted.needed = None if names == made_up_exog(names) else names
            wanted.width = len(names)
        Kind.__init__(self, model, ["predict"], wanted)

    def fitting(self, data, wanted):
        table = data.table() if isinstance(data, Named) else data
        if wanted.frame and isinstance(table, Table) and table.columns is not None and wanted.columns:
            extra = [name for name in table.columns if name not in wanted.columns]
            wanted = Wanted(columns=wanted.columns + extra, needed=wanted.columns, frame=True)  # what it never looks at
        return model_values.fitting(table, wanted)

    def call(self, method, values):
        return self.model.predict(values)


def formula_names(model):
    """The columns that the right side of a formula reads."""
    import ast

    factors = getattr(get(get(model, "data"), "design_info"), "factor_infos", None) or ()
    codes = [get(factor, "code") for factor in factors]
    names = [node.id for code in codes if code for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)]
    frame = get(get(model, "data"), "frame")
    known = list(frame.columns) if hasattr(frame, "columns") else None
    return [name for name in dict.fromkeys(names) if (name in known if known else name not in ("np", "C", "Q", "I"))]


def made_up_exog(names):
    """What statsmodels calls the columns of an array: `const` and `x1`, `x2` ..."""
    begin = ["const"] if names[:1] == ["const"] else []
    return begin + ["x%d" % number for number in range(1, len(names) - len(begin) + 1)]


def width_of_booster(model):
    try:
        return model.num_features()
    except Exception:
        return None  # before xgboost 1.3


def lightgbm_categorical(model):
    """The names of the columns that were of pandas' categories: their ranges are lists of codes."""
    for line in model.model_to_string(num_iteration=1).splitlines():
        name, _, told = line.partition("=")
        if name == "feature_infos":
            pairs = zip(model.feature_name(), told.split(" "))  # noqa: B905 - Python 3.6
            return [feature for feature, values in pairs if not values.startswith("[") and values != "none"]
    return []


def with_categories(values, names):
    """Categories are pandas' own, and without it the codes would be others: that it lacks is for a trial to learn."""
    import pandas  # noqa: F401

    if hasattr(values, "astype") and hasattr(values, "columns"):
        return values.astype(dict.fromkeys(names, "category"))
    return values


def methods_of(model):
    """The public methods that predict, `predict` first; what fits, scores or changes the object is not among them."""
    names = []
    if type(model).__module__ == "builtins":
        return names  # a text has an `encode` that is meant otherwise
    for name in dir(type(model)) + list(get(model, "__dict__") or ()):
        known = name in PREDICTION or name.startswith(PREDICTION_BEGINS)
        if known and name not in names and callable(get(model, name)):  # a property of sklearn's raises where it is off
            names.append(name)
    return sorted(names, key=lambda name: (name != "predict", name))


def kind_of(model):
    """The object behind its methods; Unservable where nothing of it predicts."""
    modules = [base.__module__ for base in type(model).__mro__]
    name = type(model).__name__
    if name == "Booster" and modules[0].startswith("xgboost"):
        return XgboostBooster(model)
    if name == "Booster" and modules[0].startswith("lightgbm"):
        return LightgbmBooster(model)
    if any(module.startswith("statsmodels.") for module in modules):
        return Statsmodels(model)
    tensors = model_tensors.kind_of(model, modules)
    if tensors is not None:
        return tensors
    if methods_of(model):
        return Estimator(model)
    if callable(model) and not isinstance(model, (type, type(len))):  # a function of C is no one's model
        return Called(model)
    raise Unservable("a `%s` has no method that predicts, and is no function of the file's own" % type(model).__name__)


def members_of(loaded):
    """The models in what a file held, by name: one under None, or the members of a dict or a sequence that predict."""
    called = type(loaded).__name__
    if isinstance(loaded, (list, tuple)):
        loaded = {str(number): member for number, member in enumerate(loaded)}
    if not isinstance(loaded, dict):
        return {None: kind_of(loaded)}
    found = {str(key): member for key, member in loaded.items() if callable(get(member, "predict"))}
    if not found:
        found = {str(key): member for key, member in loaded.items() if methods_of(member) or callable(member)}
    if not found:
        names = quoted(sorted(str(key) for key in loaded)) or "nothing"
        raise Unservable("the file holds a `%s` of %s: none of them predicts" % (called, names))
    kinds = {key: kind_of(member) for key, member in found.items()}
    for kind in kinds.values():
        name_columns(kind.wanted, loaded)
    return kinds


def name_columns(wanted, beside):
    """The columns' names in their order that lie beside a model, as `features` or the like, where it has none."""
    for key, names in beside.items():
        told = isinstance(names, (list, tuple)) and any(word in str(key).lower() for word in ("feature", "column"))
        fits = told and len(names) == wanted.width and all(isinstance(name, str) for name in names)
        if fits and wanted.columns is None and len(set(names)) == len(names):
            wanted.columns = wanted.needed = list(names)


def refuses(wrong):
    """Whether an error of a library's says that the data do not fit."""
    if isinstance(wrong, (ValueError, TypeError, KeyError, IndexError, OverflowError)):
        return True
    if isinstance(wrong, AttributeError):
        return str(wrong).startswith(OF_INPUTS)
    return any(base.__name__ in OF_LIBRARIES for base in type(wrong).__mro__) or is_shape(wrong)


def is_shape(wrong):
    """Torch says `mat1 and mat2 shapes cannot be multiplied` with a plain RuntimeError."""
    told = str(wrong)
    return type(wrong) is RuntimeError and ("shape" in told or "size" in told or "dtype" in told or "expected" in told)


def plain(found):
    """What the server's encoder knows: sparse matrices become arrays, frames lists of rows."""
    if hasattr(found, "toarray"):
        return found.toarray()
    if isinstance(found, (list, tuple)):
        return [plain(one) for one in found]
    if type(found).__name__ == "DataFrame":
        return found.values.tolist()
    return found
