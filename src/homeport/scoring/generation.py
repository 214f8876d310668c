"""One generation as the server runs it: its launch, its settings, its workers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from homeport.domain.launch import Launch
from homeport.scoring.batching import BatchingPool
from homeport.scoring.batching_proof import prove
from homeport.scoring.digests import check_files
from homeport.scoring.documents import documents, read_own_documents
from homeport.scoring.environment import worker_environment
from homeport.scoring.faults import StartError
from homeport.scoring.incidents import Incidents, Recorder
from homeport.scoring.limits import Limits, limits_of
from homeport.scoring.log import Log
from homeport.scoring.parent_starter import starter_of
from homeport.scoring.pool import Pool
from homeport.scoring.settings import Settings, read_settings
from homeport.scoring.starter import Starter


@dataclass(slots=True)
class Generation:
    """A number, and everything that serves it."""

    number: int
    launch: Launch
    settings: Settings
    variables: Mapping[str, str]  # what the workers start with
    pool: Pool
    documents: Mapping[str, Mapping[str, object]] = field(default_factory=dict)  # swagger by version


def prepare(number: int, launch: Launch, log: Log, incidents: Incidents, *, port: int) -> Generation:
    """Read what the launch's variables say; nothing runs yet. `StartError` where a setting is wrong."""
    variables = worker_environment(launch, port)
    settings = read_settings(variables, launch.entry_script)
    recorder, limits = Recorder(incidents, number, launch), limits_of(launch.options, settings.timeout)
    return Generation(
        number=number,
        launch=launch,
        settings=settings,
        variables=variables,
        pool=new_pool(launch, starter_of(launch, port, log, recorder, limits), log, recorder, limits),
    )


def new_pool(launch: Launch, starter: Starter, log: Log, recorder: Recorder, limits: Limits) -> Pool:
    options = launch.options
    if options.batch_max_size == 1:
        return Pool(starter, log, recorder, workers=launch.workers, limits=limits)
    most, delay = options.batch_max_size, options.batch_max_delay_ms / 1000
    return BatchingPool(starter, log, recorder, workers=launch.workers, limits=limits, most=most, delay=delay)


async def start(generation: Generation, on_line: Callable[[str], None] | None = None) -> None:
    """Check the model files, then have every worker load the script. `StartError`: nothing of it is left running."""
    launch = generation.launch
    if launch.files:
        root = Path(launch.models_root or launch.app_root)
        await asyncio.to_thread(check_files, launch.files, root)
    own = read_own_documents(Path(launch.app_root))  # before any worker: a file that is no JSON fails the start
    if on_line is not None:
        generation.pool.on_line = on_line
    try:
        await generation.pool.start()
        if isinstance(generation.pool, BatchingPool):
            await prove_or_end(generation.pool, launch)
    finally:
        generation.pool.on_line = lambda line: None
    schemas = generation.pool.about.get("schemas")
    generation.documents = {**documents(generation.variables, schemas, launch.options.sample_input), **own}


async def prove_or_end(pool: BatchingPool, launch: Launch) -> None:
    try:
        await prove(pool, launch.options)
    except StartError:
        await pool.end()
        raise
