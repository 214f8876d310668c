"""Answers the names of the original that entry scripts import, wherever the real package does not.

A package that is really installed, whole or in part, is found first; but not its `rawhttp` and what belongs to it,
which would speak to a server that is not there.
"""

import importlib.abc
import importlib.machinery
import sys

from . import models

NEEDS_FLASK = "`%s` needs flask in the model's environment: add `flask` (or `azureml-defaults`) to its packages"


def core_names():
    return {"Model": models.Model}


def exception_names():
    return {
        "ModelNotFoundException": models.ModelNotFoundException,
        "WebserviceException": models.WebserviceException,
    }


def request_names():
    http = flask_names("AMLRequest")
    return {"AMLRequest": http.AMLRequest, "rawhttp": http.rawhttp}


def response_names():
    return {"AMLResponse": flask_names("AMLResponse").AMLResponse}


def flask_names(wanted):
    """Our module on top of flask; imported only for a script that asks for it."""
    try:
        from . import http
    except ImportError as wrong:
        raise ImportError(NEEDS_FLASK % wanted) from wrong
    return http


CONTENTS = {
    "azureml": dict,
    "azureml.core": core_names,
    "azureml.core.model": core_names,
    "azureml.exceptions": exception_names,
    "azureml.contrib": dict,
    "azureml.contrib.services": dict,
    "azureml.contrib.services.aml_request": request_names,
    "azureml.contrib.services.aml_response": response_names,
    "azureml_inference_server_http": dict,
    "azureml_inference_server_http.api": dict,
    "azureml_inference_server_http.api.aml_request": request_names,
    "azureml_inference_server_http.api.aml_response": response_names,
}


ALWAYS_OURS = [name for name in CONTENTS if name.endswith((".aml_request", ".aml_response"))]


class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finder and loader of some of the names above."""

    def __init__(self, names) -> None:
        self._names = names

    def find_spec(self, fullname, path=None, target=None):
        if fullname not in self._names:
            return None
        is_package = any(name.startswith(fullname + ".") for name in CONTENTS)
        return importlib.machinery.ModuleSpec(fullname, self, origin="homeport", is_package=is_package)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        module.__dict__.update(CONTENTS[module.__name__]())


def install():
    sys.meta_path.insert(0, StandIns(ALWAYS_OURS))
    sys.meta_path.append(StandIns(CONTENTS))
