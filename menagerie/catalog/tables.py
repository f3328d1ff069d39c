"""The tables. A change here needs a migration in `migrations/versions`; a test compares the two."""

from sqlalchemy import (
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
    Column("source", String(60), nullable=False),
)

photos = Table(
    "photos",
    metadata,
    Column("key", _Key, primary_key=True, autoincrement=True),
    Column("source", String(60), nullable=False),
    Column("photo_id", String(200), nullable=False),
    Column("owner", String(200), nullable=False),
    Column("owner_name", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("license", String(40), nullable=False),
    Column("page_url", Text, nullable=False),
    Column("tags", Text, nullable=False),
    Column("media", String(20), nullable=False),
    Column("uploaded_at", BigInteger, nullable=False),
    Column("taken_at", String(20), nullable=False),
    # Packed: see `menagerie.catalog.packing`.
    Column("renditions", Text, nullable=False),
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    # When a recheck found that it was deleted or private; NULL while it is to be seen.
    Column("gone_at", BigInteger),
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
    # The side of the split on which the source itself puts the photo, where it does.
    Column("given_side", String(5)),
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
    # In how many runs it was refused, and when to try again; NULL: settled, or at the next run.
    Column("tries", Integer, nullable=False, server_default="1"),
    Column("retry_at", BigInteger),
    Index("ix_files_sha256", "sha256"),
)

searches = Table(
    "searches",
    metadata,
    Column("source", String(60), primary_key=True),
    # What was asked besides the keyword: a hash of licences and the like.
    Column("query", String(16), primary_key=True),
    Column("keyword", String(100), primary_key=True),
    # The source's own estimate of how many photos there are, when it was last asked.
    Column("estimate", BigInteger, nullable=False),
    # The crawl that is under way, and down to which upload date it has come; NULL: none is.
    Column("started_at", BigInteger),
    Column("reached", BigInteger),
    # Every photo uploaded up to here was asked for by a crawl that came to its end.
    Column("covered_until", BigInteger),
)

windows = Table(
    "windows",
    metadata,
    Column("source", String(60), primary_key=True),
    Column("query", String(16), primary_key=True),
    Column("keyword", String(100), primary_key=True),
    # Upload dates in unix seconds, both inclusive.
    Column("earliest", BigInteger, primary_key=True),
    Column("latest", BigInteger, primary_key=True),
    Column("total", BigInteger, nullable=False),
)

api_calls = Table(
    "api_calls",
    metadata,
    # A hash of the key: the key itself is never written down.
    Column("key_hash", String(16), primary_key=True),
    Column("second", BigInteger, primary_key=True),
    Column("calls", Integer, nullable=False),
)

license_names = Table(
    "license_names",
    metadata,
    Column("source", String(60), primary_key=True),
    Column("flickr_id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("fetched_at", BigInteger, nullable=False),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("source", String(60), primary_key=True),
    # SHA-256 of the photo's id: who asked to be forgotten is not remembered by name.
    Column("photo_hash", String(64), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("forgotten_at", BigInteger, nullable=False),
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
    Column("entropy", Float),
    Column("colorfulness", Float),
    Column("text_likeness", Float),
)

tiles = Table(
    "tiles",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("spec", String(60), primary_key=True),
    Column("block", String(40), nullable=False),
    Column("row", Integer, nullable=False),
)

embeddings = Table(
    "embeddings",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("spec", String(80), primary_key=True),
    Column("block", String(40), nullable=False),
    Column("row", Integer, nullable=False),
)

# How relevant a photo is to its label; replaced as a whole when anything that they follow from
# changes, which `scorings` tells.
scores = Table(
    "scores",
    metadata,
    Column("dataset", String(40), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("label", String(40), primary_key=True),
    Column("spec", String(80), nullable=False),
    Column("probability", Float, nullable=False),
    Column("similarity", Float, nullable=False),
    Column("score", Float, nullable=False),
    Index("ix_scores_sha256", "sha256"),
)

scorings = Table(
    "scorings",
    metadata,
    Column("dataset", String(40), primary_key=True),
    # A hash of what the scores were computed from.
    Column("inputs", String(64), nullable=False),
    Column("scored_at", BigInteger, nullable=False),
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

# Rows are added, never changed: the newest one counts, for the photo that it names, by source and
# id, and for all with the same bytes. At least one of the two stands in each row.
decisions = Table(
    "decisions",
    metadata,
    Column("decision", _Key, primary_key=True, autoincrement=True),
    # Where it was made; it counts in every dataset that has the label.
    Column("dataset", String(40), nullable=False),
    Column("source", String(60)),
    Column("photo_id", String(200)),
    # NULL when the photo was not fetched yet: then the bytes that it has later count.
    Column("sha256", String(64)),
    Column("label", String(40), nullable=False),
    # keep, label, reject or withdraw.
    Column("choice", String(10), nullable=False),
    Column("note", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Index("ix_decisions_photo", "source", "photo_id"),
    Index("ix_decisions_sha256", "sha256"),
)

# A page names each of its messages, so that one that is sent again is not recorded again.
tickets = Table(
    "tickets",
    metadata,
    Column("ticket", String(64), primary_key=True),
    # A message comes to several decisions, or to none: then part 0 has none.
    Column("part", Integer, primary_key=True),
    # The message that this one takes back; in part 0.
    Column("undoes", String(64)),
    # NULL, too, when what was decided was forgotten since.
    Column("decision", _Key, ForeignKey("decisions.decision", ondelete="SET NULL")),
    Index("ix_tickets_decision", "decision"),
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
    Column("source", String(60), nullable=False),
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
