"""Which source a recipe asks for."""

from collections.abc import Callable
from dataclasses import dataclass

from menagerie.catalog.database import Catalog
from menagerie.flickr.client import FlickrClient
from menagerie.flickr.source import FlickrSource
from menagerie.photos.fetch import Fetcher
from menagerie.recipe import Recipe
from menagerie.settings import Settings
from menagerie.sources.base import Source
from menagerie.sources.folder import FolderSource
from menagerie.sources.idx import IdxSource
from menagerie.sources.local import Adopter
from menagerie.sources.openverse import OpenverseSource
from menagerie.sources.openverse_api import OpenverseClient


@dataclass(frozen=True, slots=True)
class Clients:
    """What sources ask with; each is opened when it is first called for."""

    flickr: Callable[[], FlickrClient]
    openverse: Callable[[], OpenverseClient]
    fetcher: Callable[[], Fetcher]
    adopter: Callable[[], Adopter]


def open_source(recipe: Recipe, settings: Settings, catalog: Catalog, clients: Clients) -> Source:
    """Return the source of a recipe's kind."""
    match recipe.source.kind:
        case "flickr":
            return FlickrSource(settings.source, clients.flickr(), catalog, clients.fetcher)
        case "openverse":
            name = settings.openverse_source
            return OpenverseSource(name, clients.openverse(), catalog, clients.fetcher)
        case "manifest":
            # It loads pyarrow, which every run and command would wait for.
            from menagerie.sources.manifest import ManifestSource

            return ManifestSource(recipe, settings, catalog, clients.fetcher)
        case "folder":
            return FolderSource(recipe, catalog, clients.adopter)
        case "idx":
            return IdxSource(recipe, catalog, clients.adopter)
