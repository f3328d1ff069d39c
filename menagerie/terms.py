"""What Flickr's terms of use ask of pages that show its photos."""

SHEET_PHOTOS = 30
"""So many photos stand on a page at most."""

NOTICE = "This product uses the Flickr API but is not endorsed or certified by SmugMug, Inc."
"""Stands on every page with photos of Flickr."""
