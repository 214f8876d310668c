"""`AMLResponse`, `AMLRequest` and `rawhttp` as a script finds them outside of a service."""

from __future__ import annotations

from importlib import import_module

from homeport.azureml.services import AMLRequest, AMLResponse, rawhttp


def test_both_import_paths_give_one_class_of_flask() -> None:
    for package in ("azureml.contrib.services", "azureml_inference_server_http.api"):
        assert import_module(f"{package}.aml_request").AMLRequest is AMLRequest
        assert import_module(f"{package}.aml_response").AMLResponse is AMLResponse
    assert AMLRequest.__mro__[1].__module__.startswith("flask")


def test_the_decorator_gives_the_function_back() -> None:
    def run(request: object) -> None:
        return None

    assert rawhttp(run) is run


def test_a_response_says_what_it_was_given() -> None:
    response = AMLResponse("text", 201, {"X-Many": "a, b", "Content-Type": "text/csv"})
    assert (response.status_code, response.get_data()) == (201, b"text")
    assert response.headers.getlist("X-Many") == ["a", "b"]
    assert response.headers.getlist("Content-Type") == ["text/csv"]


def test_json_is_asked_for_and_nothing_is_an_empty_object() -> None:
    assert AMLResponse({"a": 1}, 200, json_str=True).get_json() == {"a": 1}
    assert AMLResponse(None, 200).get_data() == b"{}"
    assert AMLResponse("x", 500, run_function_failed=True).run_function_failed is True
