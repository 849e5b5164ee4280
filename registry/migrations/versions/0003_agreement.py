"""How each output of a shadow agrees with the live one.

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
    """Add the column; no release has written the table yet."""
    with op.batch_alter_table("shadows") as shadows:
        shadows.add_column(sa.Column("outputs", sa.JSON, nullable=False, server_default="{}"))


def downgrade() -> None:
    """Drop it."""
    with op.batch_alter_table("shadows") as shadows:
        shadows.drop_column("outputs")
