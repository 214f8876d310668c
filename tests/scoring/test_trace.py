"""OpenTelemetry: scores arrive at a collector as spans, below the caller's own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from homeport.scoring.log import Log
from homeport.scoring.trace import exporter_of
from tests.scoring.conftest import Serve, until

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SCRIPT = "import time\ndef init(): pass\ndef run(data):\n    time.sleep(0.01)\n    return 1 / int(data)\n"


class Collector:
    """What an OpenTelemetry collector is told on its HTTP port."""

    def __init__(self) -> None:
        self.documents: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.path == "/v1/traces"
                collector.documents.append(json.loads(body))
                collector.headers.append({name.lower(): value for name, value in self.headers.items()})
                self.send_response(200)
                self.end_headers()

            def log_message(self, *words: object) -> None:
                return None

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def spans(self) -> list[dict[str, Any]]:
        resources = [resource for document in self.documents for resource in document["resourceSpans"]]
        return [span for resource in resources for scope in resource["scopeSpans"] for span in scope["spans"]]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def collector() -> Iterator[Collector]:
    one = Collector()
    yield one
    one.close()


def test_a_score_is_a_span_below_the_callers(serve: Serve, collector: Collector) -> None:
    variables = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
        "OTEL_EXPORTER_OTLP_HEADERS": "x-team=a%20b",
        "OTEL_SERVICE_NAME": "iris",
    }
    running = serve(SCRIPT, variables=variables)
    running.ask(body="2", traceparent=f"00-{TRACE}-{CALLER}-01", x_request_id="r-1")
    running.ask(body="0", traceparent=f"00-{TRACE}-{CALLER}-00")  # its caller does not sample
    running.ask(body="0", traceparent="nonsense")
    until(lambda: len(collector.spans) >= 5)
    score, queue, run = (span for span in collector.spans if span["traceId"] == TRACE)
    assert (score["name"], score["parentSpanId"], score["kind"]) == ("POST /score", CALLER, 2)
    assert [(span["name"], span["parentSpanId"]) for span in (queue, run)] == [
        ("queue", score["spanId"]), ("run", score["spanId"]),
    ]  # fmt: skip
    assert int(run["endTimeUnixNano"]) - int(run["startTimeUnixNano"]) >= 10_000_000
    assert int(score["startTimeUnixNano"]) <= int(queue["endTimeUnixNano"]) <= int(score["endTimeUnixNano"])
    told = {one["key"]: next(iter(one["value"].values())) for one in score["attributes"]}
    assert (told["http.response.status_code"], told["homeport.request_id"]) == ("200", "r-1")
    failed = next(span for span in collector.spans if span["kind"] == 2 and span["traceId"] != TRACE)
    assert (failed["parentSpanId"], failed["status"]) == ("", {"code": 2})
    assert collector.headers[0]["x-team"] == "a b"
    service = collector.documents[0]["resourceSpans"][0]["resource"]["attributes"]
    assert service == [{"key": "service.name", "value": {"stringValue": "iris"}}]


def test_the_last_spans_are_sent_before_the_server_ends(serve: Serve, collector: Collector) -> None:
    running = serve(SCRIPT, variables={"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": collector.endpoint + "/v1/traces"})
    running.ask(body="1")
    assert running.end() == 0
    assert "POST /score" in {span["name"] for span in collector.spans}


def test_a_collector_that_is_not_there_costs_a_warning_and_no_score(serve: Serve) -> None:
    running = serve(SCRIPT, variables={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"})
    assert running.ask(body="1").json == 1.0
    until(lambda: "traces could not be sent" in running.text)
    assert running.ask(body="1").json == 1.0


def test_only_http_is_spoken_and_only_when_asked() -> None:
    said: list[bytes] = []

    class Kept:
        def write(self, data: bytes, *, error: bool) -> None:
            said.append(data)

    log = Log(Kept())
    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/"}
    found = exporter_of(endpoint, log)
    assert found is not None
    assert found.endpoint == "http://collector:4318/v1/traces"
    assert exporter_of({}, log) is None
    assert exporter_of({**endpoint, "OTEL_SDK_DISABLED": "true"}, log) is None
    assert exporter_of({**endpoint, "OTEL_TRACES_EXPORTER": "none"}, log) is None
    assert said == []
    assert exporter_of({**endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, log) is None
    assert b"traces are not sent" in said[0]
