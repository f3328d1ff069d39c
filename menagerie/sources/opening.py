"""Which source a recipe asks for."""

from collections.abc import Callable

from menagerie.catalog.database import Catalog
from menagerie.flickr.client import FlickrClient
from menagerie.flickr.source import FlickrSource
from menagerie.photos.fetch import Fetcher
from menagerie.recipe import Recipe
from menagerie.settings import Settings
from menagerie.sources.base import Source


def open_source(
    recipe: Recipe,
    settings: Settings,
    catalog: Catalog,
    flickr: Callable[[], FlickrClient],
    fetcher: Callable[[], Fetcher],
) -> Source:
    """Return the source of a recipe's kind; clients are opened when they are needed."""
    assert recipe.source.kind == "flickr"
    return FlickrSource(settings.source, flickr(), catalog, fetcher)
