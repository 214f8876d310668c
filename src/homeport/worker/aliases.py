"""Answers the names of the original that entry scripts import, wherever the real package does not.

The finder stands last on `sys.meta_path`: a package that is really installed, whole or in part, is found first.
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


class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finder and loader of the names above."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname not in CONTENTS:
            return None
        is_package = any(name.startswith(fullname + ".") for name in CONTENTS)
        return importlib.machinery.ModuleSpec(fullname, self, origin="homeport", is_package=is_package)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        module.__dict__.update(CONTENTS[module.__name__]())


def install():
    sys.meta_path.append(StandIns())
