"""Crawls by windows, schedules of failed photos, a call budget, tombstones."""

import json

import sqlalchemy as sa
from alembic import op

from menagerie.catalog.packing import pack
from menagerie.photos.row import Rendition

revision = "0002"
down_revision = "0001"

_PHOTOS_AT_ONCE = 1000


def upgrade() -> None:
    """Make the tables of a crawl, and keep renditions packed."""
    _make_tables()
    for table in ("datasets", "releases"):
        with op.batch_alter_table(table) as batch:
            batch.alter_column("source", type_=sa.String(60), existing_nullable=False)
    with op.batch_alter_table("photos") as batch:
        batch.alter_column("source", type_=sa.String(60), existing_nullable=False)
        batch.alter_column("photo_id", type_=sa.String(200), existing_nullable=False)
        batch.alter_column("owner", type_=sa.String(200), existing_nullable=False)
        batch.alter_column("renditions", type_=sa.Text, existing_nullable=False)
        batch.add_column(sa.Column("gone_at", sa.BigInteger))
    with op.batch_alter_table("sightings") as batch:
        batch.add_column(sa.Column("given_side", sa.String(5)))
    with op.batch_alter_table("files") as batch:
        batch.add_column(sa.Column("tries", sa.Integer, nullable=False, server_default="1"))
        batch.add_column(sa.Column("retry_at", sa.BigInteger))
    _pack_renditions()


def _make_tables() -> None:
    def search() -> list[sa.Column[str]]:
        names = {"source": 60, "query": 16, "keyword": 100}
        return [sa.Column(name, sa.String(size), primary_key=True) for name, size in names.items()]

    op.create_table(
        "searches",
        *search(),
        sa.Column("estimate", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("reached", sa.BigInteger),
        sa.Column("covered_until", sa.BigInteger),
    )
    op.create_table(
        "windows",
        *search(),
        sa.Column("earliest", sa.BigInteger, primary_key=True),
        sa.Column("latest", sa.BigInteger, primary_key=True),
        sa.Column("total", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "api_calls",
        sa.Column("key_hash", sa.String(16), primary_key=True),
        sa.Column("second", sa.BigInteger, primary_key=True),
        sa.Column("calls", sa.Integer, nullable=False),
    )
    op.create_table(
        "license_names",
        sa.Column("source", sa.String(60), primary_key=True),
        sa.Column("flickr_id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("fetched_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "tombstones",
        sa.Column("source", sa.String(60), primary_key=True),
        sa.Column("photo_hash", sa.String(64), primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("forgotten_at", sa.BigInteger, nullable=False),
    )


def _pack_renditions() -> None:
    photos = sa.table("photos", sa.column("key"), sa.column("renditions"))
    connection, last = op.get_bind(), -1
    while rows := connection.execute(
        sa.select(photos).where(photos.c.key > last).order_by(photos.c.key).limit(_PHOTOS_AT_ONCE)
    ).all():
        for row in rows:
            packed = pack([Rendition(**rendition) for rendition in json.loads(row.renditions)])
            connection.execute(
                photos.update().where(photos.c.key == row.key).values(renditions=packed)
            )
        last = rows[-1].key
