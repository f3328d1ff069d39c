"""What another threshold would do, and writing it into the recipe."""

from flask import Blueprint, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from menagerie.errors import CallError
from menagerie.recipe import Recipe
from menagerie.recipe.editing import change_value, version_of
from menagerie.review.cards import cards_of
from menagerie.review.thresholds import (
    Effect,
    Threshold,
    effect_of,
    read_value,
    thresholds_of,
)
from menagerie.web.review_pages import common
from menagerie.web.site import this_site

views = Blueprint("thresholds", __name__)

_API = "/api/v1/datasets/<name>/thresholds/<key>"
_PAGE = "/datasets/<name>/review/thresholds"
_FIRST = "min_sharpness"


def _threshold(recipe: Recipe, key: str) -> Threshold:
    known = thresholds_of(recipe.curation)
    if key not in known:
        abort(404, f"There is no threshold {key!r:.80}. Name one of {', '.join(known)}.")
    return known[key]


@views.get(_PAGE)
def page(name: str) -> ResponseReturnValue:
    """Show the photos along a figure, with the threshold as a line that can be moved."""
    site = this_site()
    recipe = site.recipe(name)
    threshold = _threshold(recipe, request.args.get("key", _FIRST))
    listing = site.listings.of(recipe)
    effect = effect_of(listing, threshold, read_value(threshold, request.args.get("value", "")))
    return render_template(
        "thresholds.html",
        **common(recipe, listing, "thresholds"),
        keys=thresholds_of(recipe.curation),
        threshold=threshold,
        effect=effect,
        description=type(recipe.curation).model_fields[threshold.key].description,
        seen=version_of(site.recipe_path(name)),
        cards=cards_of(site.shop.catalog, listing, effect.near),
    )


@views.get(f"{_PAGE}/near")
def near(name: str) -> ResponseReturnValue:
    """Answer with the photos near a threshold alone."""
    site = this_site()
    recipe = site.recipe(name)
    threshold = _threshold(recipe, request.args.get("key", _FIRST))
    listing = site.listings.of(recipe)
    effect = effect_of(listing, threshold, read_value(threshold, request.args.get("value", "")))
    return render_template(
        "near.html",
        base=f"/datasets/{recipe.name}/review",
        cards=cards_of(site.shop.catalog, listing, effect.near),
    )


@views.get(_API)
def tell(name: str, key: str) -> ResponseReturnValue:
    """Tell what a threshold would do at a value."""
    site = this_site()
    recipe = site.recipe(name)
    threshold = _threshold(recipe, key)
    value = read_value(threshold, request.args.get("value", ""))
    effect = effect_of(site.listings.of(recipe), threshold, value)
    return jsonify(_document(threshold, effect, version_of(site.recipe_path(name))))


@views.put(_API)
def write(name: str, key: str) -> ResponseReturnValue:
    """Write a threshold into the recipe, if that is still what the page was made of."""
    site = this_site()
    threshold = _threshold(site.recipe(name), key)
    if not request.is_json:
        abort(415, "Send application/json.")
    asked = request.get_json(silent=True)
    told = asked if isinstance(asked, dict) else {}
    value, seen = told.get("value"), told.get("seen")
    if isinstance(value, bool) or not isinstance(value, int | float) or not isinstance(seen, str):
        raise CallError("Send {'value': NUMBER, 'seen': what GET said}.")
    path = site.recipe_path(name)
    change_value(path, "curation", key, read_value(threshold, repr(value)), seen)
    recipe = site.recipe(name)
    threshold = _threshold(recipe, key)
    effect = effect_of(site.listings.of(recipe), threshold, threshold.value)
    return jsonify(_document(threshold, effect, version_of(path)))


def _document(threshold: Threshold, effect: Effect, seen: str) -> dict[str, object]:
    return {
        "key": threshold.key,
        "value": threshold.value,
        "asked": effect.value,
        "known": effect.known,
        "out": effect.out,
        "back": effect.back,
        "bins": effect.bins,
        "low": threshold.axis.low,
        "high": threshold.axis.high,
        "seen": seen,
    }
