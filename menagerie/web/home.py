"""The first page."""

from flask import Blueprint, jsonify, render_template
from flask.typing import ResponseReturnValue

from menagerie import __version__
from menagerie.web.finding import ABOUT, mark_of
from menagerie.web.security import open_to_all
from menagerie.web.site import this_site

views = Blueprint("home", __name__)


@views.get("/")
def overview() -> ResponseReturnValue:
    """List the datasets."""
    return render_template("home.html", datasets=this_site().datasets)


@views.get(ABOUT)
@open_to_all
def about() -> ResponseReturnValue:
    """Tell which program serves which home here."""
    home = mark_of(this_site().shop.settings.home)
    return jsonify(name="menagerie", version=__version__, home=home)
