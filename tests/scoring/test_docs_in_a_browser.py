"""/docs as a person sees it: opened in a real browser, a request sent from it, the answer read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from homeport.domain.launch import Launch, ServerSpec
from tests.browser import Browser
from tests.scoring.conftest import ECHO, Running, Serve, start_process, until

TYPED = """
import numpy as np
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType as N
from inference_schema.schema_decorators import input_schema, output_schema
def init(): pass
@input_schema("flowers", N(np.array([[1.5, 2.5]])))
@output_schema(N(np.array([1.5])))
def run(flowers):
    return flowers.sum(axis=1)
"""
STREAM = """
def init(): pass
def run(data):
    for number in range(3):
        yield {"number": number}
"""


def open_docs(browser: Browser, running: Running) -> None:
    browser.open(f"http://127.0.0.1:{running.port}/docs")


def stayed_here(browser: Browser, running: Running) -> bool:
    """No request to another host, and nothing that the console complains of."""
    here = f"http://127.0.0.1:{running.port}/"
    assert [url for url in browser.requests() if not url.startswith((here, "data:"))] == []
    assert browser.errors() == []
    return True


def test_a_request_is_sent_from_the_page_and_its_answer_is_seen(serve: Serve, browser: Browser) -> None:
    running = serve(TYPED)
    open_docs(browser, running)
    assert browser.until(lambda: browser.text("#input tbody")).startswith("flowers array of array of number (double)")
    assert json.loads(browser.value("#body")) == {"flowers": [[1.5, 2.5]]}
    browser.type("#body", '{"flowers": [[1, 2], [3, 4.5]]}')
    assert "--data-binary" in browser.run("return document.getElementById('curl').textContent")
    browser.click("#try button")
    assert browser.until(lambda: browser.text("#result")).split() == ["[", "3,", "7.5", "]"]
    assert browser.text("#status").startswith("200")
    assert "run" in browser.until(lambda: browser.text("#timing"))
    assert "x-ms-run-function-failed False" in browser.text("#headers")
    assert f"http://127.0.0.1:{running.port}/score" in browser.requests()
    assert stayed_here(browser, running)


def test_the_sample_input_is_put_back_and_a_query_can_be_sent(serve: Serve, browser: Browser) -> None:
    running = serve(ECHO, options={"sample_input": {"data": [[1.5]]}})
    open_docs(browser, running)
    assert browser.until(lambda: json.loads(browser.value("#body"))) == {"data": [[1.5]]}
    browser.type("#body", "<b>text</b>")
    browser.click("#sample")
    assert json.loads(browser.value("#body")) == {"data": [[1.5]]}
    browser.choose("#method", "GET")
    browser.click("#try button")
    assert browser.until(lambda: "data" in browser.text("#result"))
    assert running.ask("GET", "/score?data=[[1.5]]").body.decode() == json.dumps({"data": '{"data": [[1.5]]}'})
    assert json.loads(browser.text("#result")) == {"data": '{"data": [[1.5]]}'}
    assert stayed_here(browser, running)


def test_markup_in_an_answer_is_shown_and_never_run(serve: Serve, browser: Browser) -> None:
    running = serve(ECHO)
    open_docs(browser, running)
    markup = "<img src=x onerror=\"document.title='taken'\">"
    browser.type("#body", markup)
    browser.click("#try button")
    assert json.loads(browser.until(lambda: browser.text("#result"))) == {"data": markup}
    assert browser.run("return document.querySelectorAll('#result *').length + document.title") == "0ML service"
    assert stayed_here(browser, running)


def test_events_of_a_stream_are_seen_as_they_come(serve: Serve, browser: Browser) -> None:
    running = serve(STREAM)
    open_docs(browser, running)
    browser.until(lambda: browser.value("#body"))
    browser.click("#events")
    browser.click("#try button")
    assert browser.until(lambda: browser.text("#result").count("data: ") == 3)
    assert stayed_here(browser, running)


def test_a_service_with_keys_takes_one_as_the_browser_asks_for_it(
    launch: Callable[..., Launch], browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "keys").write_text("the-first-key the-second-key")
    running = start_process(ServerSpec(launch=launch(TYPED), port=0, key_file=str(tmp_path / "keys")), tmp_path)
    try:
        until(lambda: running.ask("GET", "/").status == 200)
        browser.open(f"http://any:the-first-key@127.0.0.1:{running.port}/docs")
        assert browser.until(lambda: browser.text("#input tbody"))
        browser.click("#try button")
        assert browser.until(lambda: browser.text("#result")).split() == ["[", "4", "]"]
        assert "the-first-key" not in browser.run("return document.getElementById('curl').textContent")
    finally:
        running.end()
