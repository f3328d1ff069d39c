"""The pages of reviewing: doubtful photos, near-duplicates, thresholds."""

from dataclasses import replace
from urllib.parse import urlencode

import numpy as np
from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from menagerie.catalog.photos import dataset_source
from menagerie.curation.reasons import Reason
from menagerie.history import release_folders
from menagerie.recipe import Recipe
from menagerie.review.cards import Card, cards_of, differences
from menagerie.review.choosing import TWO_LABELS, Choosing, chosen, page_of, read_choosing, read_key
from menagerie.review.groups import groups_of
from menagerie.review.listing import REASONS, Listing
from menagerie.review.progress import counts_of
from menagerie.terms import notice_of
from menagerie.web.site import this_site

views = Blueprint("review", __name__, url_prefix="/datasets/<name>/review")

WHY_REJECTED = (
    "another subject",
    "drawing, toy or statue",
    "too small or hidden",
    "collage or text",
    "several classes at once",
    "should not be shown",
)
"""What is offered as a reason when a photo is rejected; any other can be typed."""


def common(recipe: Recipe, listing: Listing, tab: str) -> dict[str, object]:
    """Return what every page of reviewing shows."""
    decided, left = counts_of(listing)
    source = dataset_source(this_site().shop.catalog, recipe.name).partition("-")[0]
    return {
        "recipe": recipe,
        "tab": tab,
        "base": f"/datasets/{recipe.name}/review",
        "decided": decided,
        "left": left,
        "notice": notice_of(source),
        "why_rejected": WHY_REJECTED,
    }


def _asked(name: str) -> tuple[Recipe, Listing, Choosing]:
    """Return what the request at hand asks: of which dataset, and which of its photos."""
    recipe, listing = this_site().listing(name)
    return recipe, listing, read_choosing(request.args, recipe.labels)


def _cards(recipe: Recipe, listing: Listing, asked: Choosing) -> dict[str, object]:
    """Return a page of cards and where the pages around it are."""
    site = this_site()
    mask = chosen(listing, asked, site.listings.released(recipe, asked.release))
    after = read_key(request.args.get("after", ""), "after")
    page = page_of(listing, mask, after or None)
    return {
        "cards": cards_of(site.shop.catalog, listing, page.keys),
        "page": page,
        "query": urlencode(asked.to_query()),
        "base": f"/datasets/{recipe.name}/review",
    }


@views.get("")
def review(name: str) -> ResponseReturnValue:
    """Show photos to decide about, the most doubtful first."""
    recipe, listing, asked = _asked(name)
    folder = this_site().shop.settings.dataset_dir(name)
    return render_template(
        "review.html",
        **common(recipe, listing, "two" if asked.reason == TWO_LABELS else "photos"),
        **{k: v for k, v in _cards(recipe, listing, asked).items() if k != "base"},
        asked=asked,
        decided_query=urlencode(replace(asked, which="decided").to_query()),
        reasons=_reasons(listing),
        two_labels=TWO_LABELS,
        releases=[each.name for each in release_folders(folder)],
    )


@views.get("/cards")
def cards(name: str) -> ResponseReturnValue:
    """Answer with the cards alone: the page that is loaded before it is asked for."""
    return render_template("cards.html", **_cards(*_asked(name)))


def _reasons(listing: Listing) -> dict[Reason, int]:
    """Count the photos of each reason that there is."""
    counts = np.bincount(listing.columns.reasons, minlength=len(REASONS)).tolist()
    return {reason: count for reason, count in zip(REASONS, counts, strict=True) if count}


@views.get("/groups")
def groups(name: str) -> ResponseReturnValue:
    """Show near-duplicates side by side, the one that is kept first."""
    recipe, listing, asked = _asked(name)
    start = read_key(request.args.get("start", ""), "start") or 0
    page = groups_of(listing, asked.which, start)
    keys = [key for group in page.groups for key in group.keys]
    found = {card.about.key: card for card in cards_of(this_site().shop.catalog, listing, keys)}
    shown = [
        (group, _compared([found[key] for key in group.keys if key in found]))
        for group in page.groups
    ]
    return render_template(
        "groups.html",
        **common(recipe, listing, "groups"),
        groups=shown,
        page=page,
        asked=asked,
        other=replace(asked, which="decided" if asked.which == "open" else "open").which,
    )


def _compared(members: list[Card]) -> list[tuple[Card, list[str]]]:
    first = members[:1]
    return [(one, [] if one in first else differences(one, first[0])) for one in members]
