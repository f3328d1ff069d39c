"""The first catalog."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_Key = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "datasets",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("source", sa.String(20), nullable=False),
    )
    op.create_table(
        "photos",
        sa.Column("key", _Key, primary_key=True, autoincrement=True),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("photo_id", sa.String(40), nullable=False),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("owner_name", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("license", sa.String(40), nullable=False),
        sa.Column("page_url", sa.Text, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("media", sa.String(20), nullable=False),
        sa.Column("uploaded_at", sa.BigInteger, nullable=False),
        sa.Column("taken_at", sa.String(20), nullable=False),
        sa.Column("renditions", sa.JSON, nullable=False),
        sa.Column("first_seen", sa.BigInteger, nullable=False),
        sa.Column("last_seen", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("source", "photo_id", name="uq_photos_source_photo_id"),
    )
    op.create_table(
        "sightings",
        sa.Column("dataset", sa.String(40), primary_key=True),
        sa.Column("photo_key", _Key, sa.ForeignKey("photos.key"), primary_key=True),
        sa.Column("label", sa.String(40), primary_key=True),
        sa.Column("keyword", sa.String(100), primary_key=True),
        sa.Column("first_seen", sa.BigInteger, nullable=False),
        sa.Column("last_seen", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "files",
        sa.Column("photo_key", _Key, sa.ForeignKey("photos.key"), primary_key=True),
        sa.Column("fault", sa.String(30)),
        sa.Column("sha256", sa.String(64)),
        sa.Column("bytes", sa.BigInteger),
        sa.Column("rendition", sa.String(10)),
        sa.Column("fetched_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_error", sa.Text),
    )
    op.create_index("ix_files_sha256", "files", ["sha256"])
    op.create_table(
        "fingerprints",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("decoder", sa.String(30), primary_key=True),
        sa.Column("fault", sa.String(30)),
        sa.Column("detail", sa.Text),
        sa.Column("width", sa.Integer),
        sa.Column("height", sa.Integer),
        sa.Column("format", sa.String(10)),
        sa.Column("phash", sa.BigInteger),
        sa.Column("dhash", sa.BigInteger),
        sa.Column("thumb", sa.LargeBinary),
        sa.Column("brightness", sa.Float),
        sa.Column("contrast", sa.Float),
        sa.Column("sharpness", sa.Float),
    )
    op.create_table(
        "tiles",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("spec", sa.String(60), primary_key=True),
        sa.Column("block", sa.String(40), nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
    )
    op.create_table(
        "verdicts",
        sa.Column("dataset", sa.String(40), primary_key=True),
        sa.Column("photo_key", _Key, sa.ForeignKey("photos.key"), primary_key=True),
        sa.Column("reason", sa.String(30), nullable=False),
        sa.Column("instead_key", _Key),
        sa.Column("group_key", _Key),
    )
    op.create_table(
        "split_assignments",
        sa.Column("dataset", sa.String(40), primary_key=True),
        sa.Column("photo_key", _Key, sa.ForeignKey("photos.key"), primary_key=True),
        sa.Column("split", sa.String(5), nullable=False),
    )
    op.create_table(
        "releases",
        sa.Column("dataset", sa.String(40), primary_key=True),
        sa.Column("release_id", sa.String(40), primary_key=True),
        sa.Column("inputs", sa.String(64), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "models",
        sa.Column("dataset", sa.String(40), primary_key=True),
        sa.Column("model_id", sa.String(40), primary_key=True),
        sa.Column("release_id", sa.String(40), nullable=False),
        sa.Column("accuracy", sa.Float),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "runs",
        sa.Column("run", _Key, primary_key=True, autoincrement=True),
        sa.Column("dataset", sa.String(40), nullable=False),
        sa.Column("stage", sa.String(20), nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("outcome", sa.Text),
    )
    op.create_index("ix_runs_dataset", "runs", ["dataset"])
