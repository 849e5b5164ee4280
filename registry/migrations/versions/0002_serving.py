"""Serving at scale: rollouts, counters, traffic, shadows, asynchronous requests.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NAME = sa.String(64)
_ID = sa.String(96)


def upgrade() -> None:
    """Add what a resident is for and how far its rollout is, and the tables beside it."""
    with op.batch_alter_table("residents") as residents:
        residents.add_column(
            sa.Column("role", sa.String(16), nullable=False, server_default="predictor")
        )
        residents.add_column(sa.Column("share", sa.Float, nullable=False, server_default="1"))
        residents.add_column(sa.Column("step", sa.Integer, nullable=False, server_default="0"))
        residents.add_column(sa.Column("stepped_at", sa.Float))
    _create_counts()
    _create_async()


def downgrade() -> None:
    """Drop all of it."""
    for table in ("async_requests", "shadows", "traffic", "counters"):
        op.drop_table(table)
    with op.batch_alter_table("residents") as residents:
        for column in ("role", "share", "step", "stepped_at"):
            residents.drop_column(column)


def _create_counts() -> None:
    op.create_table(
        "counters",
        sa.Column("replica", _ID, primary_key=True),
        sa.Column("endpoint", _NAME, nullable=False, index=True),
        sa.Column("resident", _ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("counts", sa.JSON, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
    )
    op.create_table(
        "traffic",
        sa.Column("gateway", sa.String(32), primary_key=True),
        sa.Column("resident", _ID, primary_key=True),
        sa.Column("span", sa.Integer, primary_key=True),
        sa.Column("requests", sa.Integer, nullable=False),
        sa.Column("errors", sa.Integer, nullable=False),
        sa.Column("latencies", sa.JSON, nullable=False),
        sa.Column("waiting", sa.Integer, nullable=False),
        sa.Column("outstanding", sa.Integer, nullable=False),
    )
    op.create_table(
        "shadows",
        sa.Column("gateway", sa.String(32), primary_key=True),
        sa.Column("resident", _ID, primary_key=True),
        sa.Column("span", sa.Integer, primary_key=True),
        sa.Column("compared", sa.Integer, nullable=False),
        sa.Column("agreed", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("dropped", sa.Integer, nullable=False),
        sa.Column("latencies", sa.JSON, nullable=False),
        sa.Column("live_latencies", sa.JSON, nullable=False),
    )


def _create_async() -> None:
    op.create_table(
        "async_requests",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("endpoint", _NAME, nullable=False, index=True),
        sa.Column("name", _NAME, nullable=False),
        sa.Column("version", sa.String(16), nullable=False),
        sa.Column("principal", _NAME, nullable=False),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("headers", sa.JSON, nullable=False),
        sa.Column("reply", sa.JSON, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", sa.Float, nullable=False),
        sa.Column("owner", sa.String(32), nullable=False),
        sa.Column("owned_until", sa.Float, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("finished_at", sa.Float),
        sa.Column("expires_at", sa.Float, nullable=False),
        sa.Column("callback", sa.Text, nullable=False),
        sa.Column("callback_attempts", sa.Integer, nullable=False),
        sa.Column("callback_due_at", sa.Float),
    )
