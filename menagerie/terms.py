"""What Flickr's terms of use ask of pages that show its photos, and what sandboxes have instead."""

from menagerie.recipe import LOCAL_KINDS

SHEET_PHOTOS = 30
"""So many photos stand on a page at most."""

NOTICE = "This product uses the Flickr API but is not endorsed or certified by SmugMug, Inc."
"""Stands on every page with photos of Flickr."""

DRAWN = "Made from the sandbox: photographers, licences, dates and page links are made up."
"""Stands on every page with photos of the sandbox."""


def notice_of(source: str) -> str:
    """Return what stands on a page with photos of a source, such as `flickr` or `folder`."""
    if source in LOCAL_KINDS:
        return ""
    return f"{NOTICE} {DRAWN}" if source == "sandbox" else NOTICE
