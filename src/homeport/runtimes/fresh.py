"""A deployment put together beside the service that it may replace."""

from __future__ import annotations

import shutil
import uuid

from homeport.domain.clock import Clock
from homeport.domain.service import GENERATIONS_FOLDER, Service
from homeport.runtimes.bundle import assemble_bundle
from homeport.runtimes.change import Plan, generation_of
from homeport.runtimes.service_folder import ServiceFolder

FIRST = 1


def new_service(folder: ServiceFolder, workspace: str, plan: Plan, host: str, *, now: Clock) -> Service:
    """The declaration of a service that has no generation yet, under an id that no earlier one had."""
    moment = now()
    return Service(
        id=uuid.uuid4().hex,
        name=folder.name,
        workspace=workspace,
        runtime="process",
        host=host,
        port=plan.port,
        control_socket=str(folder.control_socket),
        source=plan.parts.code.origin,
        generations=(),
        desired="running",
        description=None,
        tags={},
        properties={},
        created=moment,
        updated=moment,
    )


def stage_service(folder: ServiceFolder, service: Service, plan: Plan, *, now: Clock) -> Service:
    """Write the whole service folder, its first generation in it, as `folder.staging`."""
    try:
        place = folder.staging / GENERATIONS_FOLDER / str(FIRST)
        bundle = assemble_bundle(place, plan.parts, now=now, apart=(folder.services.parent,))
        service = service.with_generation(generation_of(FIRST, bundle, plan), at=now())
        folder.write(service, folder=folder.staging)
    except BaseException:
        shutil.rmtree(folder.staging, ignore_errors=True)
        raise
    return service
