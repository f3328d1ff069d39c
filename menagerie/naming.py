"""Asking Flickr what it calls its licences, once a month."""

import logging

from menagerie.catalog.database import Catalog
from menagerie.catalog.license_names import names_are_fresh, record_names
from menagerie.errors import FlickrError, KeyRefusedError
from menagerie.flickr.client import FlickrClient
from menagerie.flickr.parsers import parse_licenses

_log = logging.getLogger(__name__)


def refresh_license_names(catalog: Catalog, client: FlickrClient, source: str) -> None:
    """Ask for the names of the licences unless that was done within 30 days.

    Without an answer the names of `menagerie.licenses` will do: that is no reason to stop.

    Raises:
        KeyRefusedError: the key is invalid, expired or switched off.
        StoppedError: the work was stopped.
    """
    if names_are_fresh(catalog, source):
        return
    try:
        record_names(catalog, source, client.call("photos.licenses.getInfo", parse_licenses))
    except KeyRefusedError:
        raise
    except FlickrError as error:
        _log.info("The names of the licences are those of this version: %s", error)
