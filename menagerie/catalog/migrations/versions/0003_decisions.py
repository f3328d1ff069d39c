"""What people decided."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_Key = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table of decisions."""
    op.create_table(
        "decisions",
        sa.Column("decision", _Key, primary_key=True, autoincrement=True),
        sa.Column("dataset", sa.String(40), nullable=False),
        sa.Column("photo_key", _Key, sa.ForeignKey("photos.key"), nullable=False),
        sa.Column("label", sa.String(40), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("decided_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_decisions_photo", "decisions", ["dataset", "photo_key"])
