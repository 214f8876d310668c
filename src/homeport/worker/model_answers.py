"""A loaded model file that answers requests, and tells what it takes and gives."""

import sys
import traceback
import warnings

from . import model_request
from .model_kinds import BadInput, members_of, refuses
from .model_wanted import quoted

SHOWN = set()
MOST_SAID = 300  # characters of a library's words in an answer
DATA_POINT = {"type": "array", "items": {}}


class Served:
    """The models of one file by name; None is the name where the file holds nothing else."""

    def __init__(self, loaded):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # attributes are looked at that a library may be about to drop
            self.members = members_of(loaded)

    def answer(self, body):
        """The answer to a request's text, by method; BadInput is for the caller."""
        request = model_request.read_request(body)
        member = self.member(request.member)
        return {method: asked(member, method, request.data) for method in request.methods}

    def member(self, name):
        if name is None and len(self.members) == 1:
            return next(iter(self.members.values()))
        if name is None:
            raise BadInput(
                'the file holds several models: say which, `"model"` is one of %s' % quoted(sorted(self.members))
            )
        if name not in self.members:
            raise BadInput("the file holds no model `%s`: there is %s" % (name, quoted(sorted(map(str, self.members)))))
        return self.members[name]

    def schemas(self, example=None):
        """JSON schemas of a request and an answer for the service's description, as the server takes them."""
        member = next(iter(self.members.values()))
        names = {"method": {"type": "string", "enum": member.methods, "default": "predict"}}
        if len(self.members) > 1:
            names["model"] = {"type": "string", "enum": sorted(self.members)}
        properties = dict({"data": data_schema(member)}, **names)
        read = {"type": "object", "required": ["data"], "properties": properties}
        read["description"] = "The model takes %s; `method` may be a list, too." % member.wanted
        if example is not None:
            read["example"] = example
        answers = {method: {"description": "What `%s` gives." % method} for method in member.methods}
        given = {"type": "object", "description": "The answers by method.", "properties": answers}
        return {"input": read, "output": given, "versions": ["2.0", "3.0", "3.1"]}


def data_schema(member):
    wanted = member.wanted
    if wanted.texts:
        return {"type": "array", "items": {"type": "string"}, "description": "A list of texts."}
    if wanted.columns:
        record = {"type": "object", "properties": {name: {} for name in wanted.columns}}
        return {"type": "array", "items": record, "description": "Records; rows and `columns` with `data` do as well."}
    row = dict(DATA_POINT)
    if wanted.width:
        row.update(minItems=wanted.width, maxItems=wanted.width)
    return {"type": "array", "items": row, "description": "One list for each row."}


def asked(member, method, data):
    """One method's answer. BadInput where the library refuses the data; its own words go to the log."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*feature names.*")
            return member.answer(method, data)
    except BadInput:
        raise
    except Exception as wrong:
        if not refuses(wrong):
            raise
        said = " ".join((str(wrong).strip() or type(wrong).__name__).split())[:MOST_SAID].rstrip(".")
        show_once(wrong)
        raise BadInput("`%s` refuses the data: %s. The model takes %s" % (method, said, member.wanted)) from wrong


def show_once(wrong):
    """The traceback in the log, once for each kind of error: it may be the model's fault after all."""
    kind = type(wrong).__name__
    if kind not in SHOWN:
        SHOWN.add(kind)
        traceback.print_exception(type(wrong), wrong, wrong.__traceback__, file=sys.stderr)
