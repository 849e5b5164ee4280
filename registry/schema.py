"""The platform's tables. Alembic migrations in `registry/migrations` make them; a test compares both."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_NAME = String(64)
_ID = String(96)

# One row: it grows by one with every write that gateways or the reconciler must see.
generations = Table(
    "generations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("value", Integer, nullable=False),
)
endpoints = Table(
    "endpoints",
    metadata,
    Column("name", _NAME, primary_key=True),
    Column("spec", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
)
residents = Table(
    "residents",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("endpoint", _NAME, nullable=False, index=True),
    Column("variant", _NAME, nullable=False),
    Column("model", _NAME, nullable=False),
    Column("version", Integer, nullable=False),
    Column("spec", JSON, nullable=False),
    Column("signature", JSON, nullable=False),
    Column("platform", _NAME, nullable=False),
    Column("location", Text, nullable=False),
    Column("digest", String(80), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("retire_at", Float),
    # What it does for its variant (answers, explains), and its share of the variant's traffic while it
    # is rolled out: `step` of the rollout, begun at `stepped_at`.
    Column("role", String(16), nullable=False, server_default="predictor"),
    Column("share", Float, nullable=False, server_default="1"),
    Column("step", Integer, nullable=False, server_default="0"),
    Column("stepped_at", Float),
)
# Groups of replicas that hold many models each.
pools = Table(
    "pools",
    metadata,
    Column("name", _NAME, primary_key=True),
    Column("spec", JSON, nullable=False),
    Column("created_at", Float, nullable=False),
)
leases = Table(
    "leases",
    metadata,
    Column("replica", _ID, primary_key=True),
    Column("resident", _ID, nullable=False, index=True),
    Column("address", String(255), nullable=False),
    Column("expires_at", Float, nullable=False),
)
aliases = Table(
    "aliases",
    metadata,
    Column("model", _NAME, primary_key=True),
    Column("name", _NAME, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("previous", Integer),
    Column("updated_at", Float, nullable=False),
)
deployments = Table(
    "deployments",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("exposure", JSON, nullable=False),
    Column("author", String(200), nullable=False),
    Column("note", String(1000), nullable=False),
    Column("created_at", Float, nullable=False),
)
stages = Table(
    "stages",
    metadata,
    Column("name", _NAME, primary_key=True),
    Column("deployment", Integer, nullable=False),
    Column("previous", Integer),
    Column("canary", Integer),
    Column("share", Float, nullable=False),
    Column("hosts", JSON, nullable=False),
    Column("updated_at", Float, nullable=False),
)
keys = Table(
    "keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", _NAME, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("routes", JSON, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float),
    Column("revoked_at", Float),
    Column("plan", _NAME),
    Column("scopes", JSON, nullable=False),
    Column("replaces", String(16)),
)
usage = Table(
    "usage",
    metadata,
    Column("gateway", String(32), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("route", _NAME, primary_key=True),
    Column("principal", String(200), primary_key=True),
    Column("requests", BigInteger, nullable=False),
    Column("errors", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("bytes_in", BigInteger, nullable=False),
    Column("bytes_out", BigInteger, nullable=False),
)
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False, index=True),
    Column("actor", String(200), nullable=False),
    Column("action", String(16), nullable=False),
    Column("subject", String(400), nullable=False),
    Column("status", Integer, nullable=False),
    Column("before", JSON),
    Column("after", JSON),
)
secrets = Table(
    "secrets",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("value", LargeBinary(64), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
)
events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("subject", _NAME, nullable=False),
    Column("message", Text, nullable=False),
)
Index("ix_events_kind_subject", events.c.kind, events.c.subject)
jobs = Table(
    "jobs",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("spec", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Column("result", JSON, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
)
monitors = Table(
    "monitors",
    metadata,
    Column("name", _NAME, primary_key=True),
    Column("endpoint", _NAME, nullable=False, index=True),
    Column("spec", JSON, nullable=False),
    Column("created_at", Float, nullable=False),
)
monitor_runs = Table(
    "monitor_runs",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("monitor", _NAME, nullable=False, index=True),
    Column("started_at", Float, nullable=False),
    Column("state", String(16), nullable=False),
    Column("window_start", Float, nullable=False),
    Column("window_end", Float, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("findings", Integer, nullable=False),
    Column("report", Text, nullable=False),
    Column("message", Text, nullable=False),
)

# What each replica has counted since it started; rows of replicas that are gone stay, so that sums
# over an endpoint never fall.
counters = Table(
    "counters",
    metadata,
    Column("replica", _ID, primary_key=True),
    Column("endpoint", _NAME, nullable=False, index=True),
    Column("resident", _ID, nullable=False),
    Column("version", Integer, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("updated_at", Float, nullable=False),
)
# What each gateway sent to each resident, in spans of time: guards of rollouts and scaling look here.
traffic = Table(
    "traffic",
    metadata,
    Column("gateway", String(32), primary_key=True),
    Column("resident", _ID, primary_key=True),
    Column("span", Integer, primary_key=True),
    Column("requests", Integer, nullable=False),
    Column("errors", Integer, nullable=False),
    Column("latencies", JSON, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("outstanding", Integer, nullable=False),
)
# What a shadow answered beside the live variant, in spans of time.
shadows = Table(
    "shadows",
    metadata,
    Column("gateway", String(32), primary_key=True),
    Column("resident", _ID, primary_key=True),
    Column("span", Integer, primary_key=True),
    Column("compared", Integer, nullable=False),
    Column("agreed", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("dropped", Integer, nullable=False),
    Column("latencies", JSON, nullable=False),
    Column("live_latencies", JSON, nullable=False),
    Column("outputs", JSON, nullable=False, server_default="{}"),
)
# Asynchronous inference: a durable queue. Bodies lie in files, a worker owns a row until `owned_until`.
async_requests = Table(
    "async_requests",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("endpoint", _NAME, nullable=False, index=True),
    Column("name", _NAME, nullable=False),
    Column("version", String(16), nullable=False),
    Column("principal", _NAME, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("headers", JSON, nullable=False),
    Column("reply", JSON, nullable=False),
    Column("message", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("owner", String(32), nullable=False),
    Column("owned_until", Float, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("finished_at", Float),
    Column("expires_at", Float, nullable=False),
    Column("callback", Text, nullable=False),
    Column("callback_attempts", Integer, nullable=False),
    Column("callback_due_at", Float),
)
