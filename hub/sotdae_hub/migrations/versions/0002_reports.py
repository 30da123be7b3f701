"""What gates answer and describe."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of reports; those that came before it stay in the journal alone."""
    op.create_table(
        "report",
        sa.Column("journal_offset", sa.Integer(), primary_key=True),
        sa.Column("facility", sa.String(24), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
    )
    op.create_index("ix_report_facility_at", "report", ["facility", "at"])
