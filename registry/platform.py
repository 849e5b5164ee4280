"""All of the platform's tables behind one constructor."""

from dataclasses import dataclass

from registry.database import Database
from registry.tables.aliases import AliasTable
from registry.tables.async_requests import AsyncRequestTable
from registry.tables.audit import AuditTable
from registry.tables.counters import CounterTable
from registry.tables.endpoints import EndpointTable
from registry.tables.events import EventTable
from registry.tables.jobs import JobTable
from registry.tables.keys import KeyTable
from registry.tables.leases import LeaseTable
from registry.tables.monitors import MonitorTable
from registry.tables.pools import PoolTable
from registry.tables.residents import ResidentTable
from registry.tables.routes import RouteTable
from registry.tables.secrets import SecretTable
from registry.tables.shadows import ShadowTable
from registry.tables.stages import StageTable
from registry.tables.traffic import TrafficTable
from registry.tables.usage import UsageTable


@dataclass(frozen=True, slots=True)
class Platform:
    """The platform's durable state. Each attribute is one table; all share one database."""

    database: Database
    endpoints: EndpointTable
    residents: ResidentTable
    leases: LeaseTable
    aliases: AliasTable
    routes: RouteTable
    stages: StageTable
    keys: KeyTable
    secrets: SecretTable
    events: EventTable
    jobs: JobTable
    monitors: MonitorTable
    async_requests: AsyncRequestTable
    counters: CounterTable
    traffic: TrafficTable
    shadows: ShadowTable
    pools: PoolTable
    usage: UsageTable
    audit: AuditTable


def open_platform(url: str) -> Platform:
    """Open the tables at a database URL. They must have been migrated (`registry.migration`)."""
    database = Database(url)
    return Platform(
        database=database,
        endpoints=EndpointTable(database),
        residents=ResidentTable(database),
        leases=LeaseTable(database),
        aliases=AliasTable(database),
        routes=RouteTable(database),
        stages=StageTable(database),
        keys=KeyTable(database),
        secrets=SecretTable(database),
        events=EventTable(database),
        jobs=JobTable(database),
        monitors=MonitorTable(database),
        async_requests=AsyncRequestTable(database),
        counters=CounterTable(database),
        traffic=TrafficTable(database),
        shadows=ShadowTable(database),
        pools=PoolTable(database),
        usage=UsageTable(database),
        audit=AuditTable(database),
    )
