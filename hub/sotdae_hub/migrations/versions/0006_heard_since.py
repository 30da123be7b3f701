"""Whether a node was heard since it was forgotten, by the journal's order: a wall clock may be set back."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; a word after which its node was heard before this counts no more."""
    for table in ("twin", "policy_forgotten"):
        op.add_column(table, sa.Column("journal_offset", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE policy_forgotten SET journal_offset = -1 WHERE EXISTS (SELECT 1 FROM twin"
        " WHERE twin.facility = policy_forgotten.facility AND twin.node = policy_forgotten.node"
        " AND twin.heard_at > policy_forgotten.at)"
    )
