"""How relevant photos are to their labels."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables of embeddings and scores."""
    op.create_table(
        "embeddings",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("spec", sa.String(80), primary_key=True),
        sa.Column("block", sa.String(40), nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
    )
    op.create_table(
        "scores",
        sa.Column("dataset", sa.String(40), primary_key=True),
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("label", sa.String(40), primary_key=True),
        sa.Column("spec", sa.String(80), nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("similarity", sa.Float, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
    )
    op.create_index("ix_scores_sha256", "scores", ["sha256"])
    op.create_table(
        "scorings",
        sa.Column("dataset", sa.String(40), primary_key=True),
        sa.Column("inputs", sa.String(64), nullable=False),
        sa.Column("scored_at", sa.BigInteger, nullable=False),
    )
