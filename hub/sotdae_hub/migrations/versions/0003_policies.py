"""Policies, how far each has got, and what the nodes said to them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the three tables."""
    op.create_table(
        "policy",
        sa.Column("version", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
    )
    op.create_table(
        "policy_rollout",
        sa.Column("version", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("rings", sa.JSON(), nullable=False),
        sa.Column("abort_percent", sa.Float(), nullable=False),
        sa.Column("soak_s", sa.Float(), nullable=False),
        sa.Column("ring", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "policy_verdict",
        sa.Column("facility", sa.String(24), primary_key=True),
        sa.Column("node", sa.String(64), primary_key=True),
        sa.Column("version", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.Text()),
    )
