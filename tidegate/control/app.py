"""The control API: one FastAPI application under `/api/v1`."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer

from core.release import RELEASE
from tidegate.control.auditor import Auditing, Auditor
from tidegate.control.faults import answer_errors
from tidegate.control.gate import AdminGate
from tidegate.control.loop import Loop, end_loops
from tidegate.control.routers import (
    endpoints,
    jobs,
    keys,
    logs,
    measures,
    models,
    monitors,
    plans,
    pools,
    records,
    routes,
    stages,
    status,
    transforms,
)

PREFIX = "/api/v1"


@dataclass(frozen=True, slots=True)
class Operations:
    """All that the API can do, by noun."""

    status: status.StatusOperations
    models: models.ModelOperations
    endpoints: endpoints.EndpointOperations
    routes: routes.RouteOperations
    keys: keys.KeyOperations
    jobs: jobs.JobOperations
    monitors: monitors.MonitorOperations
    transforms: transforms.TransformOperations
    logs: logs.LogOperations
    measures: measures.MeasureOperations
    pools: pools.PoolOperations
    stages: stages.StageOperations
    plans: plans.PlanOperations
    records: records.RecordOperations
    auditing: Auditing


def build_app(operations: Operations, token: str, loops: Sequence[Loop] = ()) -> FastAPI:
    """The application; `loops` run for as long as it does. Every path asks for the admin token."""
    app = FastAPI(
        title="Tidegate control API",
        version=RELEASE,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lambda _app: _turning(loops),
        generate_unique_id_function=_identify,
    )
    # Says in the OpenAPI document what the gate asks for; it decides nothing itself.
    bearer = Depends(HTTPBearer(auto_error=False, scheme_name="admin token"))
    for router in _routers(operations):
        app.include_router(router, prefix=PREFIX, dependencies=[bearer])
    answer_errors(app)
    # The last that is added stands before all others.
    app.add_middleware(Auditor, table=operations.auditing.table, clock=operations.auditing.clock)
    app.add_middleware(AdminGate, token=token)
    return app


def _routers(operations: Operations) -> list[APIRouter]:
    return [
        status.build_router(operations.status),
        models.build_router(operations.models),
        endpoints.build_router(operations.endpoints),
        routes.build_router(operations.routes),
        keys.build_router(operations.keys),
        jobs.build_router(operations.jobs),
        monitors.build_router(operations.monitors),
        transforms.build_router(operations.transforms),
        logs.build_router(operations.logs),
        measures.build_router(operations.measures),
        pools.build_router(operations.pools),
        stages.build_router(operations.stages),
        plans.build_router(operations.plans),
        records.build_router(operations.records),
    ]


@asynccontextmanager
async def _turning(loops: Sequence[Loop]) -> AsyncIterator[None]:
    for loop in loops:
        loop.start()
    try:
        yield
    finally:
        await asyncio.to_thread(end_loops, loops)


def _identify(route: APIRoute) -> str:
    """Such as `put_endpoints_name`: stable names for generated clients."""
    method = min(route.methods or {"any"})
    words = re.findall(r"\w+", route.path.removeprefix(PREFIX).replace("-", "_"))
    return "_".join([method.lower(), *words])
