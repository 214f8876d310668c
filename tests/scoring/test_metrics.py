"""/metrics, Server-Timing and the log's JSON lines, from a real server."""

from __future__ import annotations

import json
import re

from homeport.scoring.messages import Answer
from homeport.scoring.metrics import Histogram, Metrics
from tests.scoring.conftest import Running, Serve, until

SCRIPT = """
import logging, os, sys
def init():
    print("loaded")
def run(data):
    print("printed", data)
    sys.stderr.write("raw " + data + "\\n")
    if data == "raise":
        raise ValueError("no")
    if data == "die":
        os._exit(9)
    return data
"""


def values(running: Running) -> dict[str, float]:
    reply = running.ask("GET", "/metrics")
    assert (reply.status, reply.headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    lines = [line for line in reply.body.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_requests_errors_times_workers_and_restarts_are_counted(serve: Serve) -> None:
    running = serve(SCRIPT)
    before = values(running)
    for body in ("a", "b", "raise", "die"):
        running.ask(body=body)
    running.ask("GET", "/nothing")
    until(lambda: values(running)["homeport_workers_ready"] == 1)
    seen = values(running)
    assert seen['homeport_requests_total{route="/score",status="200"}'] == 2
    assert seen['homeport_requests_total{route="/score",status="500"}'] == 1
    assert seen['homeport_requests_total{route="other",status="404"}'] == 1
    assert seen['homeport_errors_total{kind="raised"}'] == 1
    assert seen['homeport_errors_total{kind="lost"}'] == 1
    for name, count in (("queue", 4), ("run", 2), ("encode", 2), ("score", 4)):
        assert seen[f"homeport_{name}_seconds_count"] == count
        assert seen[f'homeport_{name}_seconds_bucket{{le="+Inf"}}'] == count
    assert (
        seen['homeport_worker_restarts_total{generation="1"}']
        == before['homeport_worker_restarts_total{generation="1"}'] + 1
    )
    assert (seen["homeport_generation"], seen["homeport_workers"], seen["homeport_queue_length"]) == (1, 1, 0)
    memory = {name: value for name, value in seen.items() if name.startswith("homeport_resident_bytes")}
    assert {name.split('"')[1] for name in memory} == {"server", "parent", "worker"}
    assert all(value > 1_000_000 for value in memory.values())


def test_every_score_says_where_its_time_went(serve: Serve) -> None:
    running = serve("import time\ndef init(): pass\ndef run(data):\n    time.sleep(0.05)\n    return data")
    timing = running.ask(body="x").headers["server-timing"]
    found = {name: float(took) for name, took in re.findall(r"(\w+);dur=([\d.]+)", timing)}
    assert list(found) == ["queue", "run", "encode", "total"]
    assert found["run"] >= 50
    assert found["total"] >= found["run"]
    assert "server-timing" not in running.ask("GET", "/").headers


def test_the_times_can_be_switched_off(serve: Serve) -> None:
    running = serve(variables={"HOMEPORT_SERVER_TIMING": "false"})
    assert "server-timing" not in running.ask(body="x").headers


def test_the_access_line_ends_with_the_requests_id(serve: Serve) -> None:
    running = serve()
    running.ask(body="x", x_request_id="the-one")
    line = until(lambda: next((line for line in running.text.splitlines() if "POST /score" in line), None))
    assert re.search(r" I \[\d+\] azmlinfsrv - POST /score 200 \d+\.\d{3}ms 13 the-one$", line)


def test_each_json_line_of_a_request_carries_its_id(serve: Serve) -> None:
    running = serve(SCRIPT, variables={"HOMEPORT_LOG_FORMAT": "json"})
    running.ask(body="raise", x_request_id="r-1", traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")

    def of_the_request() -> list[dict[str, object]] | None:
        log = (running.folder / "state" / "host.log").read_text()
        lines = [json.loads(line) for line in log.splitlines()]
        found = [line for line in lines if line.get("request_id") == "r-1"]
        return found if len(found) >= 4 else None

    lines = until(of_the_request)
    told = {str(line["logger"]): line for line in lines if line["logger"] != "azmlinfsrv"}
    assert told["azmlinfsrv.print"]["message"] == "printed raise"
    assert (told["stderr"]["message"], told["stderr"]["level"]) == ("raw raise", "ERROR")
    assert any("ValueError: no" in str(line["message"]) for line in lines)
    access = next(line for line in lines if "status" in line)
    assert (access["method"], access["path"], access["status"], access["bytes"]) == (
        "POST",
        "/score",
        500,
        access["bytes"],
    )
    assert str(access["traceparent"]).startswith("00-4bf9")
    log = (running.folder / "state" / "host.log").read_text()
    assert all(set(json.loads(line)) >= {"time", "level", "logger", "message"} for line in log.splitlines())


def test_a_histogram_counts_a_value_in_its_bucket_and_all_above() -> None:
    one = Histogram("x", "", (1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 9.0):
        one.observe(value)
    assert list(one.lines()) == [
        'x_bucket{le="1"} 2', 'x_bucket{le="2"} 3', 'x_bucket{le="+Inf"} 4', "x_sum 12", "x_count 4",
    ]  # fmt: skip


def test_everything_is_explained_before_anything_was_counted() -> None:
    answer: Answer = Metrics().render(None)
    text = answer.body.decode()
    assert text.count("# HELP") == text.count("# TYPE") == 13
    assert "homeport_workers_ready 0\n" in text
