"""What run() is given, made of the request's bytes: text in string mode, named arguments in object mode."""

import json
from urllib.parse import unquote_plus


class BadInput(Exception):  # noqa: N818 - it is the caller's, not an error of ours
    """The request does not fit what the script takes; the message says what to send."""


def text_of(about, body) -> str:
    """String mode: the body as it is; a GET's query as JSON text."""
    if about["method"] == "GET":
        return json.dumps(query_values(about["query"]))
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise BadInput("the body is not UTF-8: %s" % wrong) from None


def arguments_of(about, body, parameters):
    """Object mode: the members of the body (or of the query) that run() takes, by name.

    `parameters` are those of run()'s signature that a caller may fill. Others in the body are left out; one without
    a default that is missing is refused.
    """
    sent = query_values(about["query"]) if about["method"] == "GET" else json_object(body)
    missing = [p.name for p in parameters if p.name not in sent and p.default is p.empty]
    if missing:
        raise BadInput("missing: %s" % ", ".join("`%s`" % name for name in missing))
    return {p.name: sent.get(p.name, p.default) for p in parameters}


def json_object(body):
    """A JSON object in UTF-8, UTF-16 or UTF-32, with or without a byte order mark; the last of equal names wins."""
    if not body:
        raise BadInput("the body is empty: send a JSON object with the arguments of run()")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as wrong:
        raise BadInput("the body is not JSON: %s" % wrong) from None
    if not isinstance(value, dict):
        kind = "null" if value is None else type(value).__name__
        raise BadInput("the body must be a JSON object with the arguments of run(), it is %s" % kind)
    return value


def query_values(query: str):
    """Values parsed where they are JSON, repeated keys as lists, a bare key as ""."""
    found = {}
    for pair in query.split("&"):
        if not pair:
            continue
        key, _, value = pair.partition("=")
        found.setdefault(unquote_plus(key), []).append(query_value(unquote_plus(value)))
    return {key: values[0] if len(values) == 1 else values for key, values in found.items()}


def query_value(text: str):
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
