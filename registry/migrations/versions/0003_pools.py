"""Pools of many models, and how each output of a shadow agrees with the live one.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and the column; no release has written `shadows` yet."""
    op.create_table(
        "pools",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("spec", sa.JSON, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    with op.batch_alter_table("shadows") as shadows:
        shadows.add_column(sa.Column("outputs", sa.JSON, nullable=False, server_default="{}"))


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("shadows") as shadows:
        shadows.drop_column("outputs")
    op.drop_table("pools")
