"""Under which condition rows of two tables belong together, where that is not a key alone."""

from menagerie.catalog.tables import files, fingerprints
from menagerie.photos.decode import DECODER

FINGERPRINT_OF_FILE = (fingerprints.c.sha256 == files.c.sha256) & (
    fingerprints.c.decoder == DECODER
)
"""A file and its fingerprint by the decoder of this version: others saw other pixels."""
