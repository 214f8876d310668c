"""Before requests are merged: proof, with the script itself, that rows answered together are answered as alone."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from homeport.domain.serving import ServingOptions
from homeport.scoring.batching import BatchingPool
from homeport.scoring.batching_answers import Misfit, cut
from homeport.scoring.batching_rows import Kind, Reader, joined
from homeport.scoring.batching_samples import Row, Sample, candidates, changed, string_sample, typed_sample
from homeport.scoring.faults import StartError
from homeport.scoring.job import Job
from homeport.scoring.messages import Present, Reply

WANTED, LEAST = 8, 4  # rows that the proof is made with
TRIED = 24  # rows that are made for it; those that run() refuses alone prove nothing
MOST = 64  # rows of its largest batch


async def prove(pool: BatchingPool, options: ServingOptions) -> None:
    """Have the pool merge requests, where run() is seen to be row-wise. `StartError` with the row that differed.

    Nothing is merged for a script that needs each request as it is: one in raw mode, one that asks for the headers, or
    one whose schema has no single argument with rows.
    """
    sample = sample_for(pool, options)
    if sample is None:
        return
    trial = Trial(pool, options, sample)
    rows, alone, family = await trial.usable()
    for order in orders(len(rows), min(options.batch_max_size, MOST)):
        together = await trial.together([rows[position] for position in order])
        for position, answer in zip(order, together, strict=True):
            wrong = difference(alone[position], answer, options.batch_tolerance)
            if wrong is not None:
                raise refusal(f"row {position + 1} of {len(rows)} was answered differently beside others: {wrong}")
    by_column = not await trial.ignores_kinds(rows)
    pool.merge(Reader(sample.form, by_column=by_column, family=family))
    apart = "; rows with other kinds of numbers are kept apart" if by_column else ""
    pool.log.info(f"batching is on: {len(rows)} rows were answered alike alone and together{apart}")


def sample_for(pool: BatchingPool, options: ServingOptions) -> Sample | None:
    """What to prove batching with; None, which the log has, for a script whose requests cannot be merged."""
    about = pool.about
    mode = about.get("mode", "string")
    if mode == "raw" or about.get("wants_headers") or about.get("wants_request"):
        pool.log.warning("batch_max_size has no effect: this script takes whole requests")
        return None
    if mode == "string":
        return string_sample(options.sample_input)
    sample, note = typed_sample(options.sample_input, about["schemas"])
    if sample is None:
        pool.log.warning(f"batch_max_size has no effect: {note}")
    elif note:
        pool.log.info(note)
    return sample


class Trial:
    """Runs the script with rows of our making."""

    def __init__(self, pool: BatchingPool, options: ServingOptions, sample: Sample) -> None:
        self._pool, self._sample = pool, sample
        self._tolerance = options.batch_tolerance

    async def usable(self) -> tuple[list[Row], list[Any], Kind | None]:
        """Distinct rows that run() answers alone, with their answers, all of one family, and that family."""
        rows: list[Row] = []
        answers: list[Any] = []
        family: Kind | None = None
        for position, row in enumerate(candidates(self._sample.rows)):
            if len(rows) == WANTED or position == TRIED:
                break
            read = self._sample.read(row)
            if read is None or (family is not None and read.family != family):
                continue
            try:
                answer = await self._alone(row)
            except Misfit as wrong:
                if position == 0:
                    raise refusal(f"alone, the sample input's first row was not answered as a row: {wrong}") from None
                continue
            family = read.family
            rows.append(row)
            answers.append(answer)
        if len(rows) < LEAST:
            raise refusal(f"of rows like the sample input's only {len(rows)} were answered, {LEAST} are needed")
        return rows, answers, family

    async def together(self, rows: Sequence[Row]) -> list[Any]:
        try:
            return await self._together(rows)
        except Misfit as wrong:
            raise refusal(f"{len(rows)} rows together were not answered row by row: {wrong}") from None

    async def ignores_kinds(self, rows: Sequence[Row]) -> bool:
        """Whether a row of whole numbers is answered the same, to the letter, beside rows of floats."""
        whole = [changed(value, rounded) for value in rows[0]]
        floats = [[changed(value, lambda number: number + 0.5) for value in row] for row in rows[1:3]]
        mixed = [whole, *floats]
        try:
            alone = [await self._alone(row) for row in mixed]
            together = await self._together(mixed)
        except Misfit:
            return False
        pairs = zip(alone, together, strict=True)
        return all(difference(one, other, self._tolerance) is None for one, other in pairs)

    async def _alone(self, row: Row) -> Any:
        """`Misfit` where it is not answered by one item."""
        return json.loads(cut(await self._run(self._sample.body([row])), [1])[0])

    async def _together(self, rows: Sequence[Row]) -> list[Any]:
        """In one body that is made as it will be of requests."""
        read = [found for row in rows if (found := self._sample.read(row)) is not None]
        return [json.loads(part) for part in cut(await self._run(joined(read)), [1] * len(rows))]

    async def _run(self, body: bytes) -> bytes:
        about = orjson.dumps({"method": "POST", "query": "", "id": "batching-proof"})
        job = Job(about, body, Present(), "batching-proof")
        self._pool.submit(job)
        reply = await job.reply
        if reply.outcome in ("lost", "timeout", "unavailable", "busy"):
            raise refusal(f"the proof could not be finished: {reply.about.get('message')}")
        return body_of(reply)


def rounded(number: float) -> float:
    return round(number) if isinstance(number, float) and math.isfinite(number) else number


def body_of(reply: Reply) -> bytes:
    if reply.outcome == "bad_input":
        raise Misfit(f"it was refused: {reply.about.get('message')}")
    if reply.outcome != "ok" or reply.stream is not None:
        raise Misfit("run() failed, see the log" if reply.outcome == "raised" else "run() gave no JSON")
    return reply.body


def refusal(message: str) -> StartError:
    return StartError(
        "not_row_wise",
        f"requests cannot be batched: {message}",
        hint="set batch_max_size to 1, or have run() answer each row by itself, with a list of one item for each row",
    )


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
