"""Facilities that a policy leaves out."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what was published before left nobody out."""
    op.add_column("policy_rollout", sa.Column("left_out", sa.JSON(), nullable=False, server_default="[]"))
