"""The first page."""

from flask import Blueprint, jsonify, render_template
from flask.typing import ResponseReturnValue

from menagerie import __version__
from menagerie.errors import RecipeError
from menagerie.web import charts
from menagerie.web.finding import ABOUT, mark_of
from menagerie.web.openapi import operation
from menagerie.web.overview import Overview, overview_of
from menagerie.web.security import open_to_all
from menagerie.web.shapes import About
from menagerie.web.site import this_site

views = Blueprint("home", __name__)


@views.get("/")
def overview() -> ResponseReturnValue:
    """Show where the datasets stand, what runs, and what can be done about them."""
    site = this_site()
    shown: list[Overview] = []
    damaged: dict[str, str] = {}
    for name in site.datasets:
        try:
            shown.append(overview_of(site, name))
        except RecipeError as error:
            # One recipe that cannot be read hides no other dataset.
            damaged[name] = str(error)
    return render_template(
        "overview.html",
        datasets=shown,
        damaged=damaged,
        charts=charts,
        ui_url=site.orchestration.ui_url,
        has_orchestration=site.orchestration.is_set_up,
    )


@views.get(ABOUT)
@operation(About)
@open_to_all
def about() -> ResponseReturnValue:
    """Tell which program serves which home here."""
    home = mark_of(this_site().shop.settings.home)
    return jsonify(name="menagerie", version=__version__, home=home)
