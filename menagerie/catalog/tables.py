"""The tables. A change here needs a migration in `migrations/versions`; a test compares the two."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

# SQLite counts rows up by itself only in a column declared INTEGER.
_Key = BigInteger().with_variant(Integer, "sqlite")

datasets = Table(
    "datasets",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("source", String(20), nullable=False),
)

photos = Table(
    "photos",
    metadata,
    Column("key", _Key, primary_key=True, autoincrement=True),
    Column("source", String(20), nullable=False),
    Column("photo_id", String(40), nullable=False),
    Column("owner", String(40), nullable=False),
    Column("owner_name", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("license", String(40), nullable=False),
    Column("page_url", Text, nullable=False),
    Column("tags", Text, nullable=False),
    Column("media", String(20), nullable=False),
    Column("uploaded_at", BigInteger, nullable=False),
    Column("taken_at", String(20), nullable=False),
    Column("renditions", JSON, nullable=False),
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    UniqueConstraint("source", "photo_id", name="uq_photos_source_photo_id"),
)

sightings = Table(
    "sightings",
    metadata,
    Column("dataset", String(40), primary_key=True),
    Column("photo_key", _Key, ForeignKey("photos.key"), primary_key=True),
    Column("label", String(40), primary_key=True),
    Column("keyword", String(100), primary_key=True),
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
)

files = Table(
    "files",
    metadata,
    Column("photo_key", _Key, ForeignKey("photos.key"), primary_key=True),
    # NULL when the bytes are stored; else a rejection reason, or download_failed.
    Column("fault", String(30)),
    Column("sha256", String(64)),
    Column("bytes", BigInteger),
    Column("rendition", String(10)),
    Column("fetched_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text),
    Index("ix_files_sha256", "sha256"),
)

fingerprints = Table(
    "fingerprints",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("decoder", String(30), primary_key=True),
    # NULL when the file could be decoded; else a rejection reason.
    Column("fault", String(30)),
    Column("detail", Text),
    Column("width", Integer),
    Column("height", Integer),
    Column("format", String(10)),
    # Unsigned 64-bit hashes, stored as signed ones.
    Column("phash", BigInteger),
    Column("dhash", BigInteger),
    Column("thumb", LargeBinary),
    Column("brightness", Float),
    Column("contrast", Float),
    Column("sharpness", Float),
)

tiles = Table(
    "tiles",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("spec", String(60), primary_key=True),
    Column("block", String(40), nullable=False),
    Column("row", Integer, nullable=False),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("dataset", String(40), primary_key=True),
    Column("photo_key", _Key, ForeignKey("photos.key"), primary_key=True),
    Column("reason", String(30), nullable=False),
    # The photo that is kept instead, for duplicates.
    Column("instead_key", _Key),
    # Photos of one near-duplicate group share the key of one of them.
    Column("group_key", _Key),
)

split_assignments = Table(
    "split_assignments",
    metadata,
    Column("dataset", String(40), primary_key=True),
    Column("photo_key", _Key, ForeignKey("photos.key"), primary_key=True),
    Column("split", String(5), nullable=False),
)

releases = Table(
    "releases",
    metadata,
    Column("dataset", String(40), primary_key=True),
    Column("release_id", String(40), primary_key=True),
    # What it was made from; equal inputs need no second build.
    Column("inputs", String(64), nullable=False),
    Column("source", String(20), nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

models = Table(
    "models",
    metadata,
    Column("dataset", String(40), primary_key=True),
    Column("model_id", String(40), primary_key=True),
    Column("release_id", String(40), nullable=False),
    Column("accuracy", Float),
    Column("created_at", BigInteger, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("run", _Key, primary_key=True, autoincrement=True),
    Column("dataset", String(40), nullable=False),
    Column("stage", String(20), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("outcome", Text),
    Index("ix_runs_dataset", "dataset"),
)
