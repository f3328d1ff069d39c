"""What another threshold would do, and writing it into the recipe."""

from flask import Blueprint, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from menagerie.errors import CallError
from menagerie.recipe import Recipe
from menagerie.recipe.editing import change_value, version_of
from menagerie.review.cards import Card, cards_of
from menagerie.review.listing import Listing
from menagerie.review.thresholds import (
    Effect,
    Threshold,
    effect_of,
    read_value,
    thresholds_of,
)
from menagerie.web.openapi import Parameter, operation
from menagerie.web.review_pages import common
from menagerie.web.review_shapes import ThresholdEffect, ThresholdWish
from menagerie.web.site import this_site

views = Blueprint("thresholds", __name__)

_API = "/api/v1/datasets/<name>/thresholds/<key>"
_PAGE = "/datasets/<name>/review/thresholds"
_FIRST = "min_sharpness"
_VALUE = (Parameter("value", "The value; by default the recipe's.", {"type": "number"}),)
_REFUSALS = {400: "The value cannot be used.", 404: "There is no such dataset or threshold."}
_CHANGED = {409: "The recipe was changed since."}


def _threshold(recipe: Recipe, key: str) -> Threshold:
    known = thresholds_of(recipe.curation)
    if key not in known:
        abort(404, f"There is no threshold {key!r:.80}. Name one of {', '.join(known)}.")
    return known[key]


_Asked = tuple[Recipe, Listing, Threshold, Effect]


def _asked(name: str, key: str) -> _Asked:
    """Return what the request at hand asks: of which dataset and threshold, and what it would do.

    Answers 404 where there is no such dataset or threshold.
    """
    recipe, listing = this_site().listing(name)
    threshold = _threshold(recipe, key)
    value = read_value(threshold, request.args.get("value", ""))
    return recipe, listing, threshold, effect_of(listing, threshold, value)


def _cards(listing: Listing, effect: Effect) -> list[Card]:
    return cards_of(this_site().shop.catalog, listing, effect.near)


@views.get(_PAGE)
def page(name: str) -> ResponseReturnValue:
    """Show the photos along a figure, with the threshold as a line that can be moved."""
    recipe, listing, threshold, effect = _asked(name, request.args.get("key", _FIRST))
    return render_template(
        "thresholds.html",
        **common(recipe, listing, "thresholds"),
        keys=thresholds_of(recipe.curation),
        threshold=threshold,
        effect=effect,
        description=type(recipe.curation).model_fields[threshold.key].description,
        seen=version_of(this_site().recipe_path(name)),
        cards=_cards(listing, effect),
    )


@views.get(f"{_PAGE}/near")
def near(name: str) -> ResponseReturnValue:
    """Answer with the photos near a threshold alone."""
    recipe, listing, _, effect = _asked(name, request.args.get("key", _FIRST))
    base = f"/datasets/{recipe.name}/review"
    return render_template("near.html", base=base, cards=_cards(listing, effect))


@views.get(_API)
@operation(ThresholdEffect, parameters=_VALUE, refusals=_REFUSALS)
def tell(name: str, key: str) -> ResponseReturnValue:
    """Tell what a threshold would do at a value."""
    _, _, threshold, effect = _asked(name, key)
    return jsonify(_document(threshold, effect, version_of(this_site().recipe_path(name))))


@views.put(_API)
@operation(ThresholdEffect, takes=ThresholdWish, refusals=_REFUSALS | _CHANGED)
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
    recipe, listing = site.listing(name)
    threshold = _threshold(recipe, key)
    effect = effect_of(listing, threshold, threshold.value)
    return jsonify(_document(threshold, effect, version_of(path)))


def _document(threshold: Threshold, effect: Effect, seen: str) -> dict[str, object]:
    return ThresholdEffect(
        key=threshold.key,
        value=threshold.value,
        asked=effect.value,
        known=effect.known,
        out=effect.out,
        back=effect.back,
        bins=effect.bins,
        low=threshold.axis.low,
        high=threshold.axis.high,
        seen=seen,
    ).model_dump()
