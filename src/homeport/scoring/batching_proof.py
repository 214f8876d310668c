"""Before requests are merged: proof, with the script itself, that rows answered together are answered as alone."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from homeport.domain.json import Json
from homeport.domain.serving import ServingOptions
from homeport.scoring.batching import BatchingPool
from homeport.scoring.batching_rows import Misfit, cut
from homeport.scoring.faults import StartError
from homeport.scoring.job import Job
from homeport.scoring.messages import Present, Reply

WANTED, LEAST = 8, 4  # rows that the proof is made with
TRIED = 24  # rows that are made for it; those that run() refuses alone prove nothing
MOST = 64  # rows of its largest batch
FACTORS = (0.5, 1.25, 0.75, 2.0, 0.9, 1.1)

Row = list[Any]


async def prove(pool: BatchingPool, options: ServingOptions) -> None:
    """Have the pool merge requests, where run() is seen to be row-wise. `StartError` with the row that differed.

    Nothing is merged for a script that needs each request as it is: one with a schema or in raw mode, or one that asks
    for the headers.
    """
    about = pool.about
    if about.get("mode", "string") != "string" or about.get("wants_headers") or about.get("wants_request"):
        pool.log.warning("batch_max_size has no effect: this script takes whole requests, or arguments with a schema")
        return
    trial = Trial(pool, options)
    rows, alone = await trial.usable(sample_rows(options.sample_input))
    for order in orders(len(rows), min(options.batch_max_size, MOST)):
        together = await trial.together([rows[position] for position in order])
        for position, answer in zip(order, together, strict=True):
            wrong = difference(alone[position], answer, options.batch_tolerance)
            if wrong is not None:
                raise refusal(f"row {position + 1} of {len(rows)} was answered differently beside others: {wrong}")
    by_column = not await trial.ignores_kinds(rows)
    pool.merge(by_column=by_column)
    apart = "; rows with other kinds of numbers are kept apart" if by_column else ""
    pool.log.info(f"batching is on: {len(rows)} rows were answered alike alone and together{apart}")


class Trial:
    """Runs the script with rows of our making."""

    def __init__(self, pool: BatchingPool, options: ServingOptions) -> None:
        self._pool, self._tolerance = pool, options.batch_tolerance

    async def usable(self, sample: Sequence[Row]) -> tuple[list[Row], list[Any]]:
        """Distinct rows that run() answers alone, with their answers."""
        rows: list[Row] = []
        answers: list[Any] = []
        for position, row in enumerate(candidates(sample)):
            if len(rows) == WANTED or position == TRIED:
                break
            reply = await self._run([row])
            try:
                answer = json.loads(cut(body_of(reply), [1])[0])
            except Misfit as wrong:
                if position == 0:
                    raise refusal(f"alone, the sample input's first row was not answered as a row: {wrong}") from None
                continue
            rows.append(row)
            answers.append(answer)
        if len(rows) < LEAST:
            raise refusal(f"of rows like the sample input's only {len(rows)} were answered, {LEAST} are needed")
        return rows, answers

    async def together(self, rows: Sequence[Row]) -> list[Any]:
        reply = await self._run(rows)
        try:
            return [json.loads(part) for part in cut(body_of(reply), [1] * len(rows))]
        except Misfit as wrong:
            raise refusal(f"{len(rows)} rows together were not answered row by row: {wrong}") from None

    async def ignores_kinds(self, rows: Sequence[Row]) -> bool:
        """Whether a row of whole numbers is answered the same, to the letter, beside rows of floats."""
        whole = [round(value) if isinstance(value, float) and math.isfinite(value) else value for value in rows[0]]
        floats = [[value + 0.5 if is_number(value) else value for value in row] for row in rows[1:3]]
        mixed = [whole, *floats]
        try:
            alone = [json.loads(cut(body_of(await self._run([row])), [1])[0]) for row in mixed]
            together = [json.loads(part) for part in cut(body_of(await self._run(mixed)), [1] * len(mixed))]
        except Misfit:
            return False
        pairs = zip(alone, together, strict=True)
        return all(difference(one, other, self._tolerance) is None for one, other in pairs)

    async def _run(self, rows: Sequence[Row]) -> Reply:
        about = orjson.dumps({"method": "POST", "query": "", "id": "batching-proof"})
        job = Job(about, json.dumps({"data": rows}).encode(), Present(), "batching-proof")
        self._pool.submit(job)
        reply = await job.reply
        if reply.outcome in ("lost", "timeout", "unavailable", "busy"):
            raise refusal(f"the proof could not be finished: {reply.about.get('message')}")
        return reply


def body_of(reply: Reply) -> bytes:
    if reply.outcome != "ok" or reply.stream is not None:
        raise Misfit("run() failed, see the log" if reply.outcome == "raised" else "run() gave no JSON")
    return reply.body


def refusal(message: str) -> StartError:
    return StartError(
        "not_row_wise",
        f"requests cannot be batched: {message}",
        hint="set batch_max_size to 1, or have run() answer each row by itself, with a list of one item for each row",
    )


def sample_rows(sample: Json) -> list[Row]:
    """The rows of `{"data": [[...], ...]}`, which may be given as text. `StartError` where there are none."""
    hint = 'set batch_max_size to 1, or give a sample_input such as {"data": [[1.5, 2.5]]}'
    if sample is None:
        raise StartError("no_sample_input", "batch_max_size needs a sample_input to prove batching with", hint=hint)
    if isinstance(sample, str):
        try:
            sample = json.loads(sample)
        except ValueError:
            sample = None
    rows = sample.get("data") if isinstance(sample, dict) and len(sample) == 1 else None
    flat = isinstance(rows, list) and all(isinstance(row, list) and all(map(is_plain, row)) for row in rows)
    if not rows or not flat or len({len(row) for row in rows}) != 1 or not any(map(is_number, rows[0])):
        raise StartError("bad_sample_input", "the sample_input is not `data` with rows of numbers", hint=hint)
    return [list(row) for row in rows]


def is_plain(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float)


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def candidates(sample: Sequence[Row]) -> Iterator[Row]:
    """The sample's rows, then what is made of them: values of other rows, of other columns, scaled ones. None twice."""
    seen = set()
    for row in (*sample[:WANTED], *crossed(sample), *scaled(sample), *rolled(sample)):
        key = json.dumps(row)
        if key not in seen:
            seen.add(key)
            yield row


def crossed(sample: Sequence[Row]) -> Iterator[Row]:
    """Each column from another row: values that the column is known to have."""
    for shift in range(1, min(len(sample), WANTED)):
        yield [sample[(column * shift + shift) % len(sample)][column] for column in range(len(sample[0]))]


def scaled(sample: Sequence[Row]) -> Iterator[Row]:
    """Floats by factors; whole numbers stay whole, as codes and counts must."""
    for factor in FACTORS:
        for row in sample[:2]:
            yield [value * factor if isinstance(value, float) else value for value in row]


def rolled(sample: Sequence[Row]) -> Iterator[Row]:
    """Values of other columns of the same row, then whole numbers one by one larger."""
    first = sample[0]
    for shift in range(1, min(len(first), WANTED)):
        yield first[shift:] + first[:shift]
    for more in range(1, WANTED):
        yield [value + more if is_number(value) else value for value in first]


def orders(count: int, most: int) -> Iterable[list[int]]:
    """The rows as they are, turned round, in pairs, with the first one twice, and as many as a batch may have."""
    forward = list(range(count))
    yield forward
    yield forward[::-1]
    yield from ([one, one - 1] for one in forward[1:])
    yield [0, *forward[::2], 0]
    yield [position % count for position in range(max(most, 2))]


def difference(alone: Any, together: Any, tolerance: float) -> str | None:
    """What differs first, and by how much; None for answers that are as good as equal, of the same JSON types."""
    if type(alone) is not type(together):
        return f"`{alone}` alone, `{together}` together"
    pairs: list[tuple[Any, Any]] | None = None
    if isinstance(alone, list) and len(alone) == len(together):
        pairs = list(zip(alone, together, strict=True))
    if isinstance(alone, dict) and list(alone) == list(together):
        pairs = [(alone[key], together[key]) for key in alone]
    if pairs is not None:
        found = (difference(*pair, tolerance) for pair in pairs)
        return next((wrong for wrong in found if wrong is not None), None)
    if isinstance(alone, float):
        if alone == together or (math.isnan(alone) and math.isnan(together)):
            return None
        off = abs(alone - together) / max(abs(alone), abs(together))
        if off <= tolerance:
            return None
        return f"`{alone}` alone, `{together}` together, off by {off:.3g} where batch_tolerance is {tolerance:g}"
    return None if alone == together else f"`{alone}` alone, `{together}` together"
