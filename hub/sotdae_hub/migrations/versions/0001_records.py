"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "access",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("agency", sa.String(64), nullable=False),
        sa.Column("officer", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(500), nullable=False),
        sa.Column("what", sa.String(200), nullable=False),
    )
    op.create_table(
        "birth",
        sa.Column("facility", sa.String(24), primary_key=True),
        sa.Column("node", sa.String(64), primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
    )
    op.create_table(
        "clip",
        sa.Column("journal_offset", sa.Integer(), primary_key=True),
        sa.Column("facility", sa.String(24), nullable=False),
        sa.Column("camera", sa.String(64), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
    )
    op.create_index("ix_clip_facility_taken_at", "clip", ["facility", "taken_at"])
    op.create_table(
        "decision",
        sa.Column("journal_offset", sa.Integer(), primary_key=True),
        sa.Column("facility", sa.String(24), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
    )
    op.create_index("ix_decision_facility_at", "decision", ["facility", "at"])
    op.create_table(
        "event",
        sa.Column("journal_offset", sa.Integer(), primary_key=True),
        sa.Column("facility", sa.String(24), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
    )
    op.create_index("ix_event_facility_at", "event", ["facility", "at"])
    op.create_table(
        "incident",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("facility", sa.String(24), nullable=False),
        sa.Column("hazard", sa.String(16), nullable=False),
        sa.Column("area", sa.String(64)),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("latest_at", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("first_out", sa.String(64)),
        sa.Column("first_out_at", sa.BigInteger()),
        sa.Column("events", sa.Integer(), nullable=False),
    )
    op.create_table(
        "message",
        sa.Column("journal_offset", sa.BigInteger(), nullable=False),
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("boot", sa.String(16), nullable=False),
        sa.Column("class", sa.String(16), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("gap_to", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "progress",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("journal_offset", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "twin",
        sa.Column("facility", sa.String(24), primary_key=True),
        sa.Column("node", sa.String(64), primary_key=True),
        sa.Column("boot", sa.String(16), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("clock", sa.String(16), nullable=False),
        sa.Column("heard_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
    )
    op.execute("INSERT INTO progress (id, journal_offset) VALUES (1, 0)")
