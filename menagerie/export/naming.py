"""Names of files from ids that anybody may have chosen.

An id of Flickr is a number, but that of a folder or a manifest is any text: it may hold slashes
and dots, be longer than a file system allows, or differ from another in capitals alone.
"""

import hashlib
import re

# No dots: readers of tar shards take what stands before the first one for the key of a sample.
# No capitals: some file systems take `A` and `a` for the same name.
_SAFE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_UNSAFE_RUN = re.compile(r"[^a-z0-9_-]+")
# What Windows keeps for devices, whatever the ending.
_DEVICES = {"con", "prn", "aux", "nul"} | {f"{n}{i}" for n in ("com", "lpt") for i in range(10)}


def file_name(photo_id: str) -> str:
    """Return a name without ending for a photo's file; different ids have different names.

    A plain id is its own name. Any other is cut down to plain characters, and `~` and 16 hex
    digits of the SHA-256 of the id follow: no plain id holds a `~`, so the two cannot meet.
    """
    if _SAFE.fullmatch(photo_id) and photo_id not in _DEVICES:
        return photo_id
    plain = _UNSAFE_RUN.sub("-", photo_id.lower()).strip("-")[:40] or "photo"
    digest = hashlib.sha256(photo_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{plain}~{digest[:16]}"
