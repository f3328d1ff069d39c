"""Decisions about bytes, and more than labels: they name a photo by its source and id."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_Key = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table of decisions anew, with the rows that it has."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT d.dataset, p.source, p.photo_id, d.label, 'label' AS choice,"
            " d.note, d.who, d.decided_at"
            " FROM decisions d JOIN photos p ON p.key = d.photo_key ORDER BY d.decision"
        )
    )
    kept = [dict(row._mapping) for row in rows]
    op.drop_index("ix_decisions_photo", "decisions")
    op.drop_table("decisions")
    table = op.create_table(
        "decisions",
        sa.Column("decision", _Key, primary_key=True, autoincrement=True),
        sa.Column("dataset", sa.String(40), nullable=False),
        sa.Column("source", sa.String(60)),
        sa.Column("photo_id", sa.String(200)),
        sa.Column("sha256", sa.String(64)),
        sa.Column("label", sa.String(40), nullable=False),
        sa.Column("choice", sa.String(10), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("decided_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_decisions_photo", "decisions", ["source", "photo_id"])
    op.create_index("ix_decisions_sha256", "decisions", ["sha256"])
    op.bulk_insert(table, kept)
