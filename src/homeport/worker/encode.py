"""What run() returned, as JSON: `json.dumps` with its defaults, and the types that it does not know."""

import datetime
import decimal
import json
import sys
import uuid

STANDARD = (
    ((datetime.datetime, datetime.date, datetime.time), lambda value: value.isoformat()),
    (datetime.timedelta, lambda value: value.total_seconds()),
    (decimal.Decimal, float),
    (uuid.UUID, str),
    ((set, frozenset), list),
)


def encode(value) -> bytes:
    """JSON as ASCII bytes; None is `{}`. TypeError, ValueError or whatever a `toJSON()` raises where there is none."""
    return b"{}" if value is None else line(value)


def line(value) -> bytes:
    """The same for a value inside something: None is `null`."""
    try:
        text = DUMPS(value)
    except TypeError:
        again = plain_keys(value)
        if again is value:
            raise
        text = DUMPS(again)
    return text.encode("ascii")


def metadata(value) -> bytes:
    """A frame's metadata: strict JSON, which half of a surrogate pair out of someone's text is not."""
    return STRICT(value).encode("utf-8", "replace")


def plain(value):
    """Called by `json` for a value that it does not know: the nearest that it does; TypeError where there is none."""
    to_json = getattr(value, "toJSON", None)
    if callable(to_json):
        made = to_json()
        return json.loads(made) if isinstance(made, str) else made
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError("bytes are not JSON: decode them, or return an AMLResponse")
    pandas = sys.modules.get("pandas")
    if pandas is not None:
        if isinstance(value, pandas.DataFrame):
            return records(value)
        if value is getattr(pandas, "NA", pandas) or value is pandas.NaT:
            return None
    for kind, convert in STANDARD:
        if isinstance(value, kind):
            return convert(value)
    return from_array(value)


def records(frame):
    """A DataFrame's rows as dicts, column by column: `to_dict` looks at every cell twice."""
    columns = [frame.iloc[:, position].tolist() for position in range(frame.shape[1])]
    names = list(frame.columns)
    return [dict(zip(names, row)) for row in zip(*columns)]  # noqa: B905 - Python 3.6


def from_array(value):
    """Arrays, scalars, series and tensors: everything that has `tolist()`; numpy's times as ISO 8601."""
    to_list = getattr(value, "tolist", None)
    if not callable(to_list):
        raise TypeError("`%s` has no JSON form" % type(value).__name__)
    is_time = getattr(getattr(value, "dtype", None), "kind", "") in ("M", "m")
    if is_time and type(value).__module__ == "numpy":
        made = value.astype(str)
        return made.tolist() if hasattr(made, "tolist") else made
    return to_list()


DUMPS = json.JSONEncoder(default=plain).encode  # `json.dumps` would make one at each call
STRICT = json.JSONEncoder(ensure_ascii=False).encode


def plain_keys(value):
    """The same value with numpy's scalar keys as Python's; `value` itself where no key was of that kind."""
    if isinstance(value, dict):
        changed, made = False, {}
        for key, item in value.items():
            plain_item = plain_keys(item)
            plain_key = key.item() if hasattr(key, "item") and hasattr(key, "dtype") else key
            changed = changed or plain_item is not item or plain_key is not key
            made[plain_key] = plain_item
        return made if changed else value
    if isinstance(value, (list, tuple)):
        items = [plain_keys(item) for item in value]
        return items if any(new is not old for new, old in zip(items, value)) else value  # noqa: B905 - Python 3.6
    return value
