"""A request made up from what a loaded model says it takes: enough to see that it runs, not that it is right."""

from .model_tensors import Tensors
from .model_wanted import get, layers_of

MOST_VALUES = 1000000
TEXT = "one two three"


def request_for(served):
    """`{"data": ...}` for the first of the models; None where nothing is known of what it takes."""
    name, member = next(iter(served.members.items()))
    data = tensors_for(member) if isinstance(member, Tensors) else data_for(member)
    if data is None:
        return None
    request = {"data": data}
    if len(served.members) > 1:
        request["model"] = name
    return request


def data_for(member):
    wanted = member.wanted
    if wanted.texts:
        return [TEXT]
    if wanted.dicts:
        return [{"name": 1.0}]
    if wanted.columns:
        known = values_of(member.model)
        return [{name: known.get(name, 0.0) for name in wanted.columns}]
    return [[0.0] * wanted.width] if wanted.width else None


def tensors_for(member):
    inputs, width = member.inputs, get(member, "likely_width")
    if width:
        return [[0.0] * width]
    if any(one.shape is None for one in inputs):
        return None
    made = {}
    for one in inputs:
        sizes = [1 if size is None else size for size in one.shape]
        count = 1
        for size in sizes:
            count *= size
        if count > MOST_VALUES:
            return None
        made[one.name] = filled(sizes, TEXT if one.dtype == "object" else 0 if "int" in (one.dtype or "") else 0.0)
    return made if len(made) > 1 else made[inputs[0].name]


def filled(sizes, value):
    if not sizes:
        return value
    return [filled(sizes[1:], value) for _ in range(sizes[0])]


def values_of(model):
    """A value that each column of a column transformer may hold: the first category that its encoder has seen."""
    found = {}
    for layer in layers_of(model):
        for _, step, columns in get(layer, "transformers_") or ():
            single = isinstance(columns, str)
            names = [columns] if single else columns
            if isinstance(names, (slice, str)) or callable(names):
                continue
            for inner in steps_of(step):
                if callable(get(inner, "build_analyzer")):
                    found.update((name, TEXT) for name in names if isinstance(name, str))
                    break
                categories = get(inner, "categories_")
                if categories is not None:
                    found.update(firsts(names, categories))
                    break
    indexes, names = get(model, "get_cat_feature_indices"), get(model, "feature_names_")
    if callable(indexes) and names:  # of catboost
        found.update((names[index], "0") for index in indexes())
    return found


def steps_of(step):
    return [inner for _, inner in get(step, "steps") or ()] or [step]


def firsts(names, categories):
    pairs = []
    for name, values in zip(names, categories):  # noqa: B905 - Python 3.6
        if isinstance(name, str) and len(values):
            first = values[0]
            pairs.append((name, first.item() if hasattr(first, "item") else first))
    return pairs
