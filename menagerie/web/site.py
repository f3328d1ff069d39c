"""What every page and every route of the API stands on."""

from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask, abort, current_app

from menagerie.deciding import who_is_here
from menagerie.orchestration import Orchestration, OrchestrationSettings
from menagerie.recipe import Recipe, is_name, load_recipe
from menagerie.review.listing import Listing
from menagerie.serving.service import Predictions
from menagerie.web.access import Access
from menagerie.web.listings import Listings
from menagerie.web.measures import Measures
from menagerie.web.thumbnails import Thumbnails
from menagerie.workshop import Workshop

_NAME = "menagerie"


@dataclass(frozen=True, slots=True)
class Site:
    """The workshop that pages show, and who may see them.

    `who` decides where a page does not say.
    """

    shop: Workshop
    access: Access
    listings: Listings
    predictions: Predictions
    measures: Measures
    orchestration: Orchestration
    who: str = "unknown"
    thumbnails: Thumbnails = field(default_factory=Thumbnails)
    _recipes: dict[Path, tuple[tuple[int, int], Recipe]] = field(default_factory=dict)

    @property
    def datasets(self) -> list[str]:
        """Names of the datasets that have a recipe, sorted."""
        found = self.shop.settings.datasets.glob("*/recipe.toml")
        return sorted(path.parent.name for path in found if is_name(path.parent.name))

    def recipe(self, name: str) -> Recipe:
        """Return the recipe of a dataset as it stands now; answers 404 where there is none.

        Raises:
            RecipeError: it cannot be used.
        """
        if not is_name(name):
            abort(404, "There is no such dataset. The first page lists those that there are.")
        path = self.recipe_path(name)
        try:
            known = path.stat()
        except OSError:
            abort(404, f"There is no dataset {name!r}. The first page lists those that there are.")
        version = known.st_mtime_ns, known.st_size
        if self._recipes.get(path, (None,))[0] != version:
            self._recipes[path] = version, load_recipe(self.shop.settings.datasets, name)
        return self._recipes[path][1]

    def listing(self, name: str) -> tuple[Recipe, Listing]:
        """Return the recipe and the photos of a dataset as they stand now; see `recipe`.

        The listing may have been read under other thresholds: they count when photos are judged.

        Raises:
            RecipeError: the recipe cannot be used.
        """
        recipe = self.recipe(name)
        return recipe, self.listings.of(recipe)

    def recipe_path(self, name: str) -> Path:
        """Return where the recipe of a dataset stands."""
        return self.shop.settings.dataset_dir(name) / "recipe.toml"


def open_site(shop: Workshop, access: Access) -> Site:
    """Open what pages stand on; it is closed with the workshop."""
    measures = Measures()
    predictions = Predictions(shop.settings.datasets, measures)
    measures.watch_models(predictions.loaded, predictions.swaps)
    shop.at_end(predictions.close)
    orchestration = Orchestration(OrchestrationSettings())
    # Behind a token there are several people; without one, whoever sits here.
    who = "unknown" if access.token else who_is_here()
    return Site(shop, access, Listings(shop), predictions, measures, orchestration, who)


def install(app: Flask, site: Site) -> None:
    """Let an application's views find a site."""
    app.extensions[_NAME] = site


def this_site() -> Site:
    """Return the site of the request at hand."""
    found: Site = current_app.extensions[_NAME]
    return found
