"""What the object in a pickle is: its class, its estimators, steps, features and classes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from homeport.inspection.pickle_arrays import Array, array_of, scalar_of
from homeport.inspection.pickle_values import (
    Global,
    GlobalName,
    Listing,
    Made,
    Node,
    Pairs,
    attributes_of,
    called,
    class_of,
    printable,
)

MOST_TOLD = 200  # names, classes, steps in one fact


def kind_of(node: Node) -> str:
    """The class of a value, as a person would name it."""
    if array_of(node) is not None:
        return "numpy.ndarray"
    name = class_of(node)
    if name is not None:
        return str(name) if name.name != "scalar" else "number of numpy's"
    if isinstance(node, Made):
        return _by_value(node.function) or "what a call returned"
    if isinstance(node, Listing):
        return node.kind
    if isinstance(node, Pairs):
        return "dict"
    if isinstance(node, Global):
        return f"the class or function {node.name}"
    return {"Long": "str or bytes", "Forgotten": "unknown", "Persistent": "persistent id"}.get(
        type(node).__name__, type(node).__name__
    )


def _by_value(cls: Node) -> str | None:
    """The class that cloudpickle or dill makes anew: its name, and the module that it was defined in."""
    name = called(cls)
    if name is None or not isinstance(cls.arguments, tuple):
        return None
    spaces: list[Node] = list(cls.states)
    if name.name == "_rehydrate_skeleton_class" and len(cls.arguments) > 1:  # cloudpickle before 1.5
        spaces.append(cls.arguments[1])
        cls = cls.arguments[0]
        name = called(cls)
    if name is None or name.name not in ("_make_skeleton_class", "_create_type") or not _is_tuple(cls.arguments):
        return None
    arguments = cls.arguments
    title = arguments[1] if len(arguments) > 1 and isinstance(arguments[1], str) else "?"
    spaces += [*cls.states, *arguments[3:4]]
    modules = [part.get("__module__") for state in spaces for part in _parts(state) if isinstance(part, Pairs)]
    module = next((module for module in modules if isinstance(module, str)), "?")
    return printable(f"{module[:200]}.{title[:200]}")


def _is_tuple(node: Node) -> bool:
    return isinstance(node, tuple)


def _parts(state: Node) -> tuple[Node, ...]:
    return state if isinstance(state, tuple) else (state,)


def with_class(nodes: Iterable[Node]) -> Iterator[tuple[GlobalName, Made]]:
    """The objects with attributes among them, each with its class."""
    for node in nodes:
        if isinstance(node, Made) and node.states:
            name = class_of(node)
            if name is not None:
                yield name, node


def facts_of(root: Node) -> dict[str, Any]:
    """What is known of the outermost object, for people and for whoever builds a request for it."""
    facts: dict[str, Any] = {}
    if isinstance(root, Pairs):
        facts["keys"] = {printable(str(key)[:100]): kind_of(value) for key, value in root.pairs[:MOST_TOLD]}
    elif isinstance(root, tuple | Listing):
        items = root if isinstance(root, tuple) else root.items
        facts["items"] = [kind_of(item) for item in items[:MOST_TOLD]]
    model = model_in(root)
    if model is None:
        return facts
    steps = list(steps_of(model))[:MOST_TOLD]
    if steps:
        facts["steps"] = [{"name": printable(name[:100]), "class": kind_of(step)} for name, step in steps]
    features = n_features_of(model)
    if features is not None:
        facts["n_features"] = features
    if names := feature_names_of(model):
        facts["feature_names"] = [printable(name) for name in names[:MOST_TOLD]]
    if (classes := classes_of(model)) is not None:
        facts["classes"] = classes[:MOST_TOLD]
    return facts


def model_in(root: Node) -> Made | None:
    """The object itself; of a dict, list or tuple the first that has been fitted or has steps."""
    if isinstance(root, Made):
        return root
    values: list[Node] = []
    if isinstance(root, Pairs):
        values = [value for _, value in root.pairs]
    elif isinstance(root, Listing | tuple):
        values = list(root if isinstance(root, tuple) else root.items)
    made = [value for value in values if isinstance(value, Made) and value.states]
    return next((value for value in made if classes_of(value) is not None or steps_of_attributes(value)), None) or (
        made[0] if made else None
    )


def steps_of_attributes(model: Made) -> Node:
    told = attributes_of(model)
    return next(
        (told[key] for key in ("steps", "transformers_", "transformers", "transformer_list") if key in told), None
    )


def steps_of(model: Made) -> Iterator[tuple[str, Node]]:
    """The steps of a pipeline, the parts of a column transformer or a union, by name; nested ones follow theirs."""
    waiting: list[tuple[str, Node]] = [("", model)]
    seen: set[int] = set()
    while waiting and len(seen) < MOST_TOLD:
        prefix, node = waiting.pop(0)
        steps = steps_of_attributes(node) if isinstance(node, Made) else None
        if not isinstance(steps, Listing) or id(node) in seen:
            continue
        seen.add(id(node))
        for item in steps.items[:MOST_TOLD]:
            if isinstance(item, tuple) and len(item) >= 2 and isinstance(item[0], str):
                yield prefix + item[0], item[1]
                waiting.append((f"{prefix}{item[0]}.", item[1]))


def n_features_of(model: Made) -> int | None:
    """How many columns it was fitted with: `n_features_in_`, older names, or the shape of its coefficients."""
    for node in _entrances(model):
        told = attributes_of(node)
        for key in ("n_features_in_", "n_features_", "_n_features", "n_features"):
            number = scalar_of(told.get(key))
            if type(number) is int:
                return number
        for key in ("coef_", "mean_", "scale_", "theta_", "_fit_X", "support_vectors_"):
            array = array_of(told.get(key))
            if array is not None and array.shape:
                return array.shape[-1]
    return None


def _entrances(model: Made) -> Iterator[Node]:
    """The object, and of a pipeline its first step, which takes the same input; later ones do not."""
    node: Node = model
    for _ in range(MOST_TOLD):
        yield node
        steps = attributes_of(node).get("steps") if isinstance(node, Made) else None
        first = steps.items[0] if isinstance(steps, Listing) and steps.items else None
        if not isinstance(first, tuple) or len(first) < 2:
            return
        node = first[1]


def feature_names_of(model: Made) -> list[str] | None:
    """The columns' names, where they were recorded."""
    for node in (model, *(step for _, step in steps_of(model))):
        told = attributes_of(node)
        for key in ("feature_names_in_", "feature_name_", "_feature_name"):
            values = _values(told.get(key))
            if values and all(isinstance(value, str) for value in values):
                return [str(value) for value in values]
    return None


def classes_of(model: Made) -> list[Any] | None:
    """The labels of a classifier, of the last step that has some."""
    for node in (model, *(step for _, step in reversed(list(steps_of(model))))):
        told = attributes_of(node)
        for key in ("classes_", "_classes"):
            values = _values(told.get(key))
            if values is not None:
                return values
        number = scalar_of(told.get("n_classes_"))
        if type(number) is int and 0 < number <= MOST_TOLD and "classes_" not in told and "_le" not in told:
            return list(range(number))
    return None


def _values(node: Node) -> list[Any] | None:
    array: Array | None = array_of(node)
    if array is not None:
        return array.values()
    if isinstance(node, Listing):
        plain = [scalar_of(item) for item in node.items[:MOST_TOLD]]
        return plain if all(isinstance(item, str | int | float | bool) for item in plain) else None
    return None


def text_attributes(node: Made, *names: str) -> Mapping[str, str]:
    """Those of the attributes that are short texts."""
    told = attributes_of(node)
    return {name: told[name] for name in names if isinstance(told.get(name), str)}
