"""Requests that share a call of run(): their answers, their faults, and the proof that comes first."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from homeport.domain.launch import Launch
from tests.conftest import count
from tests.scoring.conftest import Reply, Running, Serve, until
from tests.scoring.test_metrics import values
from tests.scoring.test_switch import switch

Made = Callable[..., Launch]

# The first row of a call may hold it up until a file is there, so that others come to wait behind it.
ROW_WISE = """
import json, os, time
def init(): pass
def run(data):
    rows = json.loads(data)["data"]
    print("rows", len(rows))
    for row in rows:
        while row[0] == 100 and not os.path.exists("go"):
            time.sleep(0.001)
        if row[0] == 13:
            raise ValueError("not thirteen")
        if row[0] == 14:
            os._exit(9)
        if row[0] == 15 and len(rows) > 1:
            time.sleep(60)
    first = [str(row[0]) for row in rows]
    return {"sum": [sum(row) for row in rows], "first": first, "half": [row[1] / 2 for row in rows]}
"""
SAMPLE = {"data": [[1.5, 2.25], [3.5, 4.75]]}
OPTIONS = {"batch_max_size": 8, "sample_input": SAMPLE}


def row_wise(row: list[Any]) -> dict[str, Any]:
    return {"sum": [sum(row)], "first": [str(row[0])], "half": [row[1] / 2]}


def bodies_of(rows: Sequence[list[Any]]) -> list[str]:
    return [json.dumps({"data": [row]}) for row in rows]


def together_behind(running: Running, first: str, bodies: Sequence[str], **headers: str) -> list[Reply]:
    """The first, which holds up the only worker; the others wait behind one another and are merged."""
    with ThreadPoolExecutor(len(bodies) + 1) as threads:
        held = threads.submit(running.ask, body=first, **headers)
        until(lambda: busy(running))
        others = []
        for body in bodies:
            others.append(threads.submit(running.ask, body=body, **headers))
            until(lambda: values(running)["homeport_queue_length"] == len(others))
        (running.folder / "app0" / "go").write_text("")
        return [held.result(), *[other.result() for other in others]]


def together(running: Running, bodies: Sequence[str]) -> list[Reply]:
    """All of them while the only worker is held up."""
    first, *others = together_behind(running, '{"data": [[100, 1]]}', bodies)
    assert first.status == 200
    return others


def busy(running: Running) -> bool:
    return any(worker["state"] == "busy" for worker in running.tell({"do": "status"})["workers"])


def batch_sizes(running: Running) -> tuple[float, float]:
    """(calls of run(), requests that they answered)"""
    seen = values(running)
    return seen["homeport_batch_size_count"], seen["homeport_batch_size_sum"]


def test_answers_of_a_shared_call_are_those_of_single_ones(serve: Serve, launch: Made) -> None:
    running = serve(launch(ROW_WISE, options=OPTIONS))
    rows = [[number + 0.5, number * 2.25] for number in range(5)]
    replies = together(running, bodies_of(rows))
    assert [reply.body for reply in replies] == [json.dumps(row_wise(row)).encode() for row in rows]
    assert batch_sizes(running) == (2, 6)
    for reply, row in zip(replies, rows, strict=True):
        alone = running.ask(body=json.dumps({"data": [row]}))
        assert alone.body == reply.body
        assert set(alone.headers) == set(reply.headers)


def test_requests_of_several_rows_get_their_own_rows_back(serve: Serve, launch: Made) -> None:
    running = serve(launch(ROW_WISE, options=OPTIONS))
    several = [[[1.5, 2.5]], [[3.5, 4.5], [5.5, 6.5], [7.5, 8.5]], [[0.5, 0.5], [9.5, 9.25]]]
    replies = together(running, [json.dumps({"data": rows}) for rows in several])
    assert [reply.json["sum"] for reply in replies] == [[sum(row) for row in rows] for rows in several]
    assert batch_sizes(running) == (2, 4)


@pytest.mark.parametrize("bad", [13, 14, 15], ids=["raises", "kills its worker", "is stuck in a batch"])
def test_a_bad_request_fails_alone(serve: Serve, launch: Made, bad: int) -> None:
    running = serve(
        launch(ROW_WISE, options=OPTIONS, variables={"SCORING_TIMEOUT_MS": "20000" if bad != 15 else "5000"})
    )
    rows = [[1.5, 2.5], [bad, 1], [3.5, 4.5]]
    replies = together(running, bodies_of(rows))
    assert [reply.status for reply in replies] == [200, {13: 500, 14: 502, 15: 200}[bad], 200]
    assert replies[2].json == row_wise(rows[2])
    assert "is run one by one" in running.text


def test_text_that_is_no_json_fails_alone(serve: Serve, launch: Made) -> None:
    running = serve(launch(ROW_WISE, options=OPTIONS))
    replies = together(running, ['{"data": [[1.5, 2.5]]}', '{"data": [[1.5, 2 5]]}', '{"data": [[3.5, 4.5]]}'])
    assert [reply.status for reply in replies] == [200, 500, 200]


def test_other_bodies_go_alone(serve: Serve, launch: Made) -> None:
    running = serve(launch(ROW_WISE, options=OPTIONS))
    others = [
        '{"data": [[1.5, 2.5]], "more": 1}',
        '{"data": [[1.5, 2.5, 3.5]]}',
        '{"data": [["a", 2]]}',
    ]
    replies = together(running, [*others, '{"data": [[1.5, 2.5]]}'])
    assert [reply.status for reply in replies] == [200, 200, 500, 200]
    assert batch_sizes(running) == (2, 2)


def test_a_lone_request_is_not_held_for_others(serve: Serve, launch: Made) -> None:
    """The delay is longer than the client's patience: none of these can have waited for it."""
    running = serve(launch(ROW_WISE, options={**OPTIONS, "batch_max_delay_ms": 600_000}))
    for number in range(5):
        assert running.ask(body=json.dumps({"data": [[number, 1]]})).status == 200
    assert batch_sizes(running) == (5, 5)


def test_requests_wait_for_the_delay_and_no_longer_where_others_do_not_come(serve: Serve, launch: Made) -> None:
    running = serve(launch(ROW_WISE, options=OPTIONS))
    together(running, bodies_of([[1.5, 2.5]] * 5))
    for _ in range(3):
        assert running.ask(body='{"data": [[1.5, 2.5]]}').status == 200
    assert batch_sizes(running) == (5, 9)


@pytest.mark.soak
def test_many_clients_get_their_own_answers(serve: Serve, launch: Made) -> None:
    running = serve(launch(ROW_WISE, workers=2, options=OPTIONS))
    wrong: list[Any] = []

    def ask(client: int) -> None:
        connection = running.connect()
        for number in range(count(50, 2000)):
            row = [client + 0.25, number + 0.5]
            connection.request("POST", "/score", json.dumps({"data": [row]}))
            found = json.loads(connection.getresponse().read())
            if found != row_wise(row):
                wrong.append((row, found))
        connection.close()

    threads = [threading.Thread(target=ask, args=(200 + client,)) for client in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    calls, requests = batch_sizes(running)
    assert requests == 8 * count(50, 2000)
    assert calls < requests


MEAN = """
import json
def init(): pass
def run(data):
    values = [sum(row) for row in json.loads(data)["data"]]
    return [value - sum(values) / len(values) for value in values]
"""
TOTAL = "import json\ndef init(): pass\ndef run(data): return [sum(map(sum, json.loads(data)['data']))]\n"
REVERSED = "import json\ndef init(): pass\ndef run(data): return [sum(row) for row in json.loads(data)['data']][::-1]\n"
DRIFT = """
import json
def init(): pass
def run(data):
    rows = json.loads(data)["data"]
    return [sum(row) * (1 + 1e-4 * (len(rows) - 1)) for row in rows]
"""


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (MEAN, "row 1 of 8 was answered differently beside others: `0.0` alone"),
        (TOTAL, "it has 1 items for 8 rows"),
        (REVERSED, "row 1 of 8 was answered differently"),
        (DRIFT, "where batch_tolerance is 1e-06"),
        ("def init(): pass\ndef run(data): return 1\n", "it is neither a list nor an object of lists"),
    ],
    ids=["subtracts the mean", "one answer for all", "another order", "off by more than the tolerance", "no rows"],
)
def test_a_script_that_is_not_row_wise_is_refused(serve: Serve, launch: Made, script: str, words: str) -> None:
    running = serve(launch(script, options=OPTIONS), wait=False)
    assert running.process.wait(30) == 3
    failure = json.loads((running.folder / "state" / "failure.json").read_text())
    assert failure["kind"] == "not_row_wise"
    assert words in failure["message"]
    assert failure["hint"].startswith("set batch_max_size to 1, or ")


@pytest.mark.parametrize("sample", [None, {"rows": [[1.5]]}, {"data": [[1.5], [1.5, 2]]}, "no json"])
def test_without_a_sample_of_rows_batching_is_refused(serve: Serve, launch: Made, sample: Any) -> None:
    running = serve(launch(ROW_WISE, options={"batch_max_size": 2, "sample_input": sample}), wait=False)
    assert running.process.wait(30) == 3
    failure = json.loads((running.folder / "state" / "failure.json").read_text())
    assert failure["kind"] == ("no_sample_input" if sample is None else "bad_sample_input")


def test_a_switch_proves_again_and_leaves_what_serves(serve: Serve, launch: Made) -> None:
    running = serve(launch(ROW_WISE, options=OPTIONS))
    refused = switch(running, 2, launch(MEAN, options=OPTIONS))
    assert (refused["ok"], refused["error"]["kind"]) == (False, "not_row_wise")
    assert running.ask(body='{"data": [[1.5, 2.5]]}').json == row_wise([1.5, 2.5])
    assert switch(running, 3, launch(DRIFT, options={**OPTIONS, "batch_tolerance": 0.01}))["ok"]
    assert running.text.count("batching is on") == 2


def test_a_script_that_wants_headers_gets_each_request_by_itself(serve: Serve, launch: Made) -> None:
    script = "def init(): pass\ndef run(data, request_headers): return request_headers['X-Mine']\n"
    running = serve(launch(script, options=OPTIONS))
    assert "batch_max_size has no effect" in running.text
    assert running.ask(body='{"data": [[1]]}', x_mine="a").json == "a"
    assert batch_sizes(running) == (0, 0)


def test_without_batching_nothing_is_counted(serve: Serve) -> None:
    running = serve()
    running.ask(body='{"data": [[1]]}')
    assert batch_sizes(running) == (0, 0)


def test_rows_that_would_change_each_others_numbers_are_kept_apart(serve: Serve, launch: Made) -> None:
    """In one array with floats whole numbers become floats; alone they stay whole."""
    script = ROW_WISE.replace(
        '"half": [row[1] / 2 for row in rows]}',
        '"half": [float(row[1]) if any(isinstance(r[1], float) for r in rows) else row[1] for row in rows]}',
    )
    running = serve(launch(script, options=OPTIONS))
    rows = [[1.5, 2], [1.5, 2.5], [2.5, 3]]
    replies = together(running, bodies_of(rows))
    assert [reply.body for reply in replies] == [
        json.dumps({"sum": [sum(row)], "first": [str(row[0])], "half": [row[1]]}).encode() for row in rows
    ]
    assert batch_sizes(running) == (3, 4)
    assert "other kinds of numbers are kept apart" in running.text
