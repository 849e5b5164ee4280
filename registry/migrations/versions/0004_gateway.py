"""The gateway: deployments and stages in place of routes, plans of keys, usage, and the audit log.

Revision ID: 0004
Revises: 0003
"""

import time

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NAME = sa.String(64)


def upgrade() -> None:
    """Add the tables; what was public becomes deployment 1 of the stage `prod`."""
    op.create_table(
        "deployments",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("exposure", sa.JSON, nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("note", sa.String(1000), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.create_table(
        "stages",
        sa.Column("name", _NAME, primary_key=True),
        sa.Column("deployment", sa.Integer, nullable=False),
        sa.Column("previous", sa.Integer),
        sa.Column("canary", sa.Integer),
        sa.Column("share", sa.Float, nullable=False),
        sa.Column("hosts", sa.JSON, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
    )
    _move_routes()
    op.drop_table("routes")
    with op.batch_alter_table("keys") as keys:
        keys.add_column(sa.Column("plan", _NAME))
        keys.add_column(sa.Column("scopes", sa.JSON, nullable=False, server_default="[]"))
        keys.add_column(sa.Column("replaces", sa.String(16)))
    _add_records()


def _move_routes() -> None:
    routes = sa.table("routes", sa.column("name"), sa.column("spec", sa.JSON))
    found = op.get_bind().execute(sa.select(routes.c.spec).order_by(routes.c.name)).all()
    if not found:
        return
    now = time.time()
    deployment = {"number": 1, "author": "migration", "note": "routes of an older release"}
    exposure = {"routes": [row.spec for row in found]}
    op.bulk_insert(
        sa.table("deployments", *(sa.column(name) for name in (*deployment, "created_at")),
                 sa.column("exposure", sa.JSON)),
        [{**deployment, "exposure": exposure, "created_at": now}],
    )  # fmt: skip
    stage = {"name": "prod", "deployment": 1, "share": 0.0, "updated_at": now}
    op.bulk_insert(
        sa.table("stages", *(sa.column(name) for name in stage), sa.column("hosts", sa.JSON)),
        [{**stage, "hosts": []}],
    )


def _add_records() -> None:
    counts = ("requests", "errors", "refused", "rows", "bytes_in", "bytes_out")
    op.create_table(
        "usage",
        sa.Column("gateway", sa.String(32), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("route", _NAME, primary_key=True),
        sa.Column("principal", sa.String(200), primary_key=True),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in counts),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.Float, nullable=False, index=True),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("subject", sa.String(400), nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("before", sa.JSON),
        sa.Column("after", sa.JSON),
    )


def downgrade() -> None:
    """Bring the table of routes back, with those of the stage `prod`."""
    op.drop_table("audit")
    op.drop_table("usage")
    with op.batch_alter_table("keys") as keys:
        for name in ("plan", "scopes", "replaces"):
            keys.drop_column(name)
    op.create_table(
        "routes",
        sa.Column("name", _NAME, primary_key=True),
        sa.Column("spec", sa.JSON, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.drop_table("stages")
    op.drop_table("deployments")
