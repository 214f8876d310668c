"""From the shapes of a request to the values that a model takes: DataFrames, arrays, lists."""

from .model_request import BadInput, Named, Nested, Table, Texts
from .model_wanted import quoted


def fitting(data, wanted):
    """`data` as the object wants it; BadInput says what it takes instead."""
    if wanted.texts:
        return texts_of(data)
    if wanted.dicts:
        return dicts_of(data)
    if isinstance(data, Texts):
        if wanted.width not in (None, 1):
            raise BadInput("`data` is a list of texts; the model takes %s" % wanted)
        return data.items if wanted.width is None else framed(Table([[text] for text in data.items]), wanted)
    if isinstance(data, Nested):
        return nested(data, wanted)
    return framed(data.table() if isinstance(data, Named) else data, wanted)


def nested(data, wanted):
    import numpy

    values = array_of(data.values)
    if values.ndim == 1 and wanted.width is not None:
        if wanted.width != 1:
            raise BadInput("`data` is a flat list; the model takes %s: send a list for each row" % wanted)
        return values.reshape(-1, 1)
    if values.ndim > 2 and wanted.width is not None:
        flat = values.reshape(len(values), -1)
        if flat.shape[1] != wanted.width:
            raise BadInput("a row of `data` has shape %s; the model takes %s" % (values.shape[1:], wanted))
        return flat
    return numpy.asarray(values)


def framed(table, wanted):
    """A DataFrame where columns count, else an array."""
    if table.columns is None or wanted.columns is None:
        check_width(table, wanted)
    if table.columns is not None and wanted.columns is not None:
        table = in_order(table, wanted)
    columns = table.columns or wanted.columns
    if columns is None:
        return array_of(table.rows)
    if wanted.frame or pandas_is_here():
        return frame_of(Table(table.rows, columns))
    return array_of(table.rows)


def check_width(table, wanted):
    if wanted.width is not None and len(table.rows[0]) != wanted.width:
        raise BadInput("the rows of `data` have %d values; the model takes %s" % (len(table.rows[0]), wanted))


def in_order(table, wanted):
    """The columns as the model was fitted with; those that it never looks at may be left out."""
    missing = [name for name in wanted.needed if name not in table.columns]
    extra = [] if wanted.open else [name for name in table.columns if name not in wanted.columns]
    if missing or extra:
        faults = ["missing: %s" % quoted(missing)] if missing else []
        faults += ["not known: %s" % quoted(extra)] if extra else []
        raise BadInput("the columns of `data` do not fit, %s; the model takes %s" % ("; ".join(faults), wanted))
    if wanted.open:
        return table
    places = [table.columns.index(name) if name in table.columns else None for name in wanted.columns]
    rows = [[None if place is None else row[place] for place in places] for row in table.rows]
    return Table(rows, wanted.columns)


def frame_of(table):
    """A DataFrame with the types that JSON shows; nothing is NaN."""
    import numpy
    import pandas

    made = {}
    for place, name in enumerate(table.columns):
        values = [row[place] for row in table.rows]
        absent = any(value is None for value in values)
        values = [numpy.nan if value is None else value for value in values] if absent else values
        made[name] = pandas.Series(values, dtype=float if absent and not has_texts(values) else None)
    return pandas.DataFrame(made, columns=table.columns)


def pandas_is_here():
    try:
        import pandas  # noqa: F401
    except ImportError:
        return False
    return True


def array_of(values, dtype=None):
    """An array; None in it is NaN. BadInput for lists of unequal length, or words among numbers where a type is set."""
    import warnings

    import numpy

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # older numpy makes an array of lists of what newer ones refuse
            made = numpy.array(values) if dtype is None else numpy.array(without_none(values), dtype=dtype)
    except (ValueError, TypeError, Warning) as wrong:
        raise BadInput("`data` cannot be made an array: %s" % wrong) from None
    if dtype is None and made.dtype.kind in "OUS":
        if made.dtype.kind == "O" and not has_texts(flat(values)):
            return array_of(values, float)
        return numpy.array(without_none(values), dtype=object)
    return made


def without_none(values):
    if isinstance(values, list):
        return [without_none(value) for value in values]
    return float("nan") if values is None else values


def flat(values):
    if not isinstance(values, list):
        return [values]
    return [item for value in values for item in flat(value)]


def has_texts(values):
    return any(isinstance(value, str) for value in values)


def texts_of(data):
    if isinstance(data, Named):
        data = data.table()
    if isinstance(data, Table) and len(data.rows[0]) == 1:
        data = Texts([row[0] for row in data.rows])
    if not isinstance(data, Texts):
        raise BadInput('the model takes a list of texts: send `data` as for example ["one text", "another"]')
    return ["" if text is None else str(text) for text in data.items]


def dicts_of(data):
    table = data.table() if isinstance(data, Named) else data
    if not isinstance(table, Table) or table.columns is None:
        raise BadInput("the model takes a list of objects, each with names and values")
    pairs = [zip(table.columns, row) for row in table.rows]  # noqa: B905 - Python 3.6
    return [{name: value for name, value in row if value is not None} for row in pairs]
