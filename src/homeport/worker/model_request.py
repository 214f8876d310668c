"""A request to a served model file: `{"data": ..., "method": ...}` read into one of a few shapes, or refused."""

import json

try:
    from _homeport_worker.inputs import BadInput
except ImportError:  # in a trial, where no server asks

    class BadInput(Exception):  # noqa: N818 - it is the caller's, not an error of ours
        """The request does not fit the model; the message says what to send."""


HOW = '{"data": [[1, 2], [3, 4]]}'
SHAPES = 'rows, records, {"columns": ..., "data": ...}, a list of texts, or named tensors'


class Table:
    """Rows of equal length; `columns` are their names, or None where the request names none."""

    def __init__(self, rows, columns=None):
        self.rows = rows
        self.columns = columns


class Texts:
    """A flat list of texts."""

    def __init__(self, items):
        self.items = items


class Nested:
    """Numbers in any other depth: a flat list, or lists of lists of lists."""

    def __init__(self, values):
        self.values = values


class Named:
    """Lists by name: the columns of a table, or tensors, as the model takes them."""

    def __init__(self, lists):
        self.lists = lists

    def table(self):
        """As the columns of a table; BadInput where they cannot be."""
        columns = {name: column_of(values) for name, values in self.lists.items()}
        lengths = sorted({len(values) for values in columns.values()})
        if len(lengths) > 1:
            raise BadInput("the columns in `data` have %s values: they must have equally many" % _listed(lengths))
        return Table([list(row) for row in zip(*columns.values())], list(columns))  # noqa: B905 - Python 3.6


class Request:
    """What is asked: `data` in one of the shapes above, the `methods`, and the `member` where a model has several."""

    def __init__(self, data, methods, member):
        self.data = data
        self.methods = methods
        self.member = member


def read_request(body):
    """The request in a JSON text; BadInput says what is wrong with it."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError) as wrong:
        raise BadInput("the body is not JSON (%s): send for example %s" % (wrong, HOW)) from None
    if not isinstance(sent, dict) or "data" not in sent:
        raise BadInput("the body must be a JSON object with `data`: for example %s" % HOW)
    unknown = sorted(set(sent) - {"data", "method", "model"})
    if unknown:
        raise BadInput("the body has `%s`, which means nothing: there are `data` and `method`" % unknown[0])
    member = sent.get("model")
    if member is not None and not isinstance(member, str):
        raise BadInput("`model` must be the name of one of the models in the file")
    return Request(shaped(sent["data"]), methods_of(sent.get("method")), member)


def methods_of(asked):
    """A name or a list of names; `predict` where none is said."""
    methods = ["predict"] if asked is None else [asked] if isinstance(asked, str) else asked
    if not isinstance(methods, list) or not methods or not all(isinstance(name, str) for name in methods):
        raise BadInput('`method` must be a name or a list of names, for example "predict"')
    return list(dict.fromkeys(methods))


def shaped(data):
    """The shape that `data` has."""
    if isinstance(data, dict):
        return of_object(data)
    if not isinstance(data, list):
        raise BadInput("`data` must be %s; it is %s" % (SHAPES, json.dumps(data)[:40]))
    if not data:
        raise BadInput("`data` is empty: send at least one row")
    if all(isinstance(item, dict) for item in data):
        return of_records(data)
    if all(isinstance(item, list) for item in data):
        return of_rows(data)
    if any(isinstance(item, (dict, list)) for item in data):
        raise BadInput("`data` mixes rows with values: send %s" % SHAPES)
    if any(isinstance(item, str) for item in data):
        return Texts(data)
    return Nested(data)


def of_object(data):
    if isinstance(data.get("columns"), list) and isinstance(data.get("data"), list):
        table = Table(data["data"], [str(name) for name in data["columns"]])
        if len(set(table.columns)) != len(table.columns):
            raise BadInput("`columns` has a name twice: each column needs its own")
        for number, row in enumerate(table.rows, 1):
            if not isinstance(row, list) or len(row) != len(table.columns):
                raise BadInput("row %d of `data` does not have a value for each of `columns`" % number)
        if not table.rows:
            raise BadInput("`data` has no row")
        return table
    if not data:
        raise BadInput("`data` is empty: send %s" % SHAPES)
    return Named(data)


def of_records(data):
    columns = []
    for record in data:
        columns += [name for name in record if name not in columns]
    return Table([[record.get(name) for name in columns] for record in data], columns)


def of_rows(data):
    if any(isinstance(value, list) for row in data for value in row):
        return Nested(data)
    width = len(data[0])
    for number, row in enumerate(data, 1):
        if len(row) != width:
            raise BadInput("row %d of `data` has %d values, the first has %d" % (number, len(row), width))
        if any(isinstance(value, dict) for value in row):
            raise BadInput("row %d of `data` holds an object: a row is a list of values" % number)
    if not width:
        raise BadInput("the rows of `data` are empty")
    return Table(data)


def column_of(values):
    """A list, the values by index that pandas writes, or a single value."""
    if isinstance(values, dict):
        return list(values.values())
    return values if isinstance(values, list) else [values]


def _listed(things):
    return " and ".join(str(thing) for thing in things)
