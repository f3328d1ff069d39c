"""Which decisions came of which message of a page."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_Key = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table of tickets."""
    op.create_table(
        "tickets",
        sa.Column("ticket", sa.String(64), primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("undoes", sa.String(64)),
        sa.Column("decision", _Key, sa.ForeignKey("decisions.decision", ondelete="SET NULL")),
    )
    op.create_index("ix_tickets_decision", "tickets", ["decision"])
