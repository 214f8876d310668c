"""What a fitted object says of the input that it wants: texts, named columns, or so many features.

Only attributes are read, and each is read guarded: old pickles answer with whatever their library has become.
"""

WRAPPED = (
    "best_estimator_",
    "regressor_",
    "estimator_",
    "base_estimator_",
    "classifier_",
    "estimator",
    "base_estimator",
)
TABLES = ("coef_", "support_vectors_", "cluster_centers_", "components_", "theta_", "means_", "_fit_X", "centroids_")
VECTORS = ("scale_", "mean_", "center_", "min_", "statistics_", "feature_importances_")
MOST_WRAPPED = 10


class Wanted:
    """`texts`, `dicts`: a flat list of them; `columns`: names in order, of which `needed` must be sent; `width`."""

    def __init__(self, width=None, columns=None, needed=None, frame=False, texts=False, dicts=False):
        self.width = width
        self.columns = columns
        self.needed = columns if needed is None else needed
        self.frame = frame  # it finds columns by name: nothing but a DataFrame will do
        self.open = False  # `columns` are those that it looks at: others may come along, and all stay as they are sent
        self.texts = texts
        self.dicts = dicts

    def __str__(self):
        if self.texts:
            return "a list of texts"
        if self.dicts:
            return "a list of objects"
        if self.columns:
            return "the columns %s" % quoted(self.columns)
        return "rows of %d values" % self.width if self.width else "rows"


def wanted_by(model):
    """Look from the object inwards: what the outermost layer that knows anything says holds."""
    layers = layers_of(model)
    inner = layers[-1]
    if callable(get(inner, "build_analyzer")):
        return Wanted(texts=True)
    if type(inner).__name__ in ("DictVectorizer", "FeatureHasher"):
        return Wanted(dicts=True)
    chooser = next((layer for layer in layers if get(layer, "transformers") is not None), None)
    frame, chosen = chosen_columns(chooser)
    columns = next((found for found in map(columns_of, layers) if found), None)
    width = next((found for found in map(width_of, layers) if found), None)
    only_chosen = columns is None and frame  # before scikit-learn 1.0 nothing else was kept
    if only_chosen:
        columns = chosen
    needed = chosen if frame and chosen and get(chooser, "remainder") == "drop" else None
    wanted = Wanted(len(columns) if columns else width, columns, needed, frame)
    wanted.open = only_chosen
    return wanted


def layers_of(model):
    """The object, and what it hands its input to first: a pipeline's first step, a search's best estimator."""
    layers = [model]
    while len(layers) < MOST_WRAPPED:
        inner = inner_of(layers[-1])
        if inner is None or any(inner is layer for layer in layers):
            break
        layers.append(inner)
    return layers


def inner_of(model):
    steps = get(model, "steps") or get(model, "transformer_list")
    if isinstance(steps, list) and steps:
        working = [step[1] for step in steps if step[1] is not None and step[1] != "passthrough" and step[1] != "drop"]
        return working[0] if working else None
    for name in WRAPPED:
        found = get(model, name)
        if found is not None and not isinstance(found, str) and hasattr(found, "get_params"):
            return found
    several = get(model, "estimators_")
    if isinstance(several, (list, tuple)) and several and hasattr(several[0], "get_params"):
        return several[0]
    return None


def columns_of(model):
    """The names that it was fitted with; None where it made them up itself."""
    for name in ("feature_names_in_", "_df_columns", "feature_names_", "feature_name_"):
        names = as_names(get(model, name))
        if names and not made_up(names):
            return names
    booster = get(model, "get_booster")
    if callable(booster):
        try:
            return as_names(booster().feature_names)
        except Exception:
            return None  # not fitted, or a booster without names
    return None


def as_names(found):
    if found is None or callable(found):
        return None
    names = list(found)
    return names if names and all(isinstance(name, str) for name in names) else None


def made_up(names):
    """Of lightgbm, `Column_0`, and of catboost, `0`: no one would send them."""
    return all(name in ("Column_%d" % number, str(number)) for number, name in enumerate(names))


def chosen_columns(chooser):
    """(whether a column transformer goes by names, those that it names)."""
    names = []
    if chooser is None:
        return False, None
    for _, _, columns in get(chooser, "transformers"):
        columns = [columns] if isinstance(columns, str) else columns
        if callable(columns) or isinstance(columns, slice):
            continue
        try:
            names += [name for name in columns if isinstance(name, str) and name not in names]
        except TypeError:
            continue
    return bool(names) or get(chooser, "_df_columns") is not None, names or None


def width_of(model):
    for name in ("n_features_in_", "n_features_", "n_features", "_n_features", "num_features"):
        found = get(model, name)
        if isinstance(found, int) and not isinstance(found, bool) and found > 0:
            return found
    names = as_names(get(model, "feature_names_"))  # of catboost, made up or not
    if names:
        return len(names)
    fitted = get(model, "shape_fit_")
    if isinstance(fitted, tuple) and len(fitted) == 2:
        return int(fitted[1])
    for names, dimensions in ((TABLES, 2), (VECTORS, 1)):
        for name in names:
            shape = get(get(model, name), "shape")
            if isinstance(shape, tuple) and len(shape) == dimensions and not is_one_output(model, name, dimensions):
                return int(shape[-1])
    return None


def is_one_output(model, name, dimensions):
    """LDA-like and intercept-only attributes whose last axis is not the features'."""
    return dimensions == 2 and name == "components_" and type(model).__name__ in ("KernelPCA",)


def get(model, name):
    """An attribute; None for a property that raises, too."""
    try:
        return getattr(model, name, None)
    except Exception:
        return None


def quoted(names, most=12):
    shown = ", ".join("`%s`" % name for name in list(names)[:most])
    return shown if len(names) <= most else "%s and %d more" % (shown, len(names) - most)
