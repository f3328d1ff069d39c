"""Which stored files may be shown as pictures."""

from sqlalchemy import select

from menagerie.catalog.database import Catalog
from menagerie.catalog.tables import files, fingerprints, photos
from menagerie.photos.decode import DECODER


def picture_format(catalog: Catalog, sha256: str) -> str | None:
    """Return the format of a file that was decoded well; None where no photo of it is left.

    A photo that its owner removed is not shown, though its bytes may still be stored.
    """
    query = (
        select(fingerprints.c.format)
        .join(files, files.c.sha256 == fingerprints.c.sha256)
        .join(photos, photos.c.key == files.c.photo_key)
        .where(
            fingerprints.c.sha256 == sha256,
            fingerprints.c.decoder == DECODER,
            fingerprints.c.fault.is_(None),
            photos.c.gone_at.is_(None),
        )
        .limit(1)
    )
    with catalog.begin() as connection:
        found: str | None = connection.scalar(query)
    return found
