"""The first tables.

Revision ID: 0001
Revises: none
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NAME = sa.String(64)
_ID = sa.String(96)


def upgrade() -> None:
    """Create every table, and the generation's one row."""
    generations = op.create_table(
        "generations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("value", sa.Integer, nullable=False),
    )
    op.bulk_insert(generations, [{"id": 1, "value": 1}])
    _create_serving()
    _create_gateway()
    _create_work()


def _create_serving() -> None:
    op.create_table(
        "endpoints",
        sa.Column("name", _NAME, primary_key=True),
        sa.Column("spec", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
    )
    op.create_table(
        "residents",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("endpoint", _NAME, nullable=False, index=True),
        sa.Column("variant", _NAME, nullable=False),
        sa.Column("model", _NAME, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("spec", sa.JSON, nullable=False),
        sa.Column("signature", sa.JSON, nullable=False),
        sa.Column("platform", _NAME, nullable=False),
        sa.Column("location", sa.Text, nullable=False),
        sa.Column("digest", sa.String(80), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("retire_at", sa.Float),
    )
    op.create_table(
        "leases",
        sa.Column("replica", _ID, primary_key=True),
        sa.Column("resident", _ID, nullable=False, index=True),
        sa.Column("address", sa.String(255), nullable=False),
        sa.Column("expires_at", sa.Float, nullable=False),
    )
    op.create_table(
        "aliases",
        sa.Column("model", _NAME, primary_key=True),
        sa.Column("name", _NAME, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("previous", sa.Integer),
        sa.Column("updated_at", sa.Float, nullable=False),
    )


def _create_gateway() -> None:
    op.create_table(
        "routes",
        sa.Column("name", _NAME, primary_key=True),
        sa.Column("spec", sa.JSON, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("name", _NAME, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("routes", sa.JSON, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("expires_at", sa.Float),
        sa.Column("revoked_at", sa.Float),
    )
    op.create_table(
        "secrets",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("value", sa.LargeBinary(64), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("expires_at", sa.Float, nullable=False),
    )


def _create_work() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject", _NAME, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
    )
    op.create_index("ix_events_kind_subject", "events", ["kind", "subject"])
    op.create_table(
        "jobs",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("spec", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("result", sa.JSON, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
    )
    op.create_table(
        "monitors",
        sa.Column("name", _NAME, primary_key=True),
        sa.Column("endpoint", _NAME, nullable=False, index=True),
        sa.Column("spec", sa.JSON, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.create_table(
        "monitor_runs",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("monitor", _NAME, nullable=False, index=True),
        sa.Column("started_at", sa.Float, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("window_start", sa.Float, nullable=False),
        sa.Column("window_end", sa.Float, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("findings", sa.Integer, nullable=False),
        sa.Column("report", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop every table."""
    for table in (
        "monitor_runs", "monitors", "jobs", "events", "secrets", "keys", "routes",
        "aliases", "leases", "residents", "endpoints", "generations",
    ):  # fmt: skip
        op.drop_table(table)
