"""The JSON API of reviewing: what to look at, what is decided, what a threshold would do."""

from typing import Any

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue

from menagerie.answering import Answer, answer
from menagerie.catalog.answers import Outcome
from menagerie.curation.standing import Choice
from menagerie.deciding import Wish, decisions_of
from menagerie.errors import CallError
from menagerie.recipe import Recipe
from menagerie.review.cards import cards_of, state_now
from menagerie.review.choosing import chosen, page_of, read_choosing, read_key
from menagerie.review.progress import progress_of
from menagerie.web.openapi import Parameter, operation
from menagerie.web.review_shapes import (
    MOST_ANSWERS,
    DecisionEntry,
    History,
    Messages,
    Progress,
    Queue,
    QueueEntry,
    Results,
)
from menagerie.web.site import this_site

views = Blueprint("review_api", __name__, url_prefix="/api/v1/datasets/<name>")

_MISSING = {404: "There is no such dataset."}
_WRONG = {400: "A parameter or the body cannot be used."} | _MISSING
_QUEUE = tuple(
    Parameter(name, about, {"type": "string"})
    for name, about in (
        ("reason", "Only photos with this reason, or `two_labels`."),
        ("label", "Only photos of this class."),
        ("which", "`open`, what is not decided yet and so by default; `decided`; or `all`."),
        ("group", "Only photos of this group."),
        ("owner", "Only photos of this owner."),
        ("release", "Only photos of this release."),
        ("after", "Only photos behind this one: `next` of the page before."),
    )
)
_PHOTO = (Parameter("photo", "Its id at the source.", {"type": "string"}),)


@views.get("/queue")
@operation(Queue, parameters=_QUEUE, refusals=_WRONG)
def queue(name: str) -> ResponseReturnValue:
    """Tell which photos a person is to look at, the most doubtful first."""
    site = this_site()
    recipe, listing = site.listing(name)
    asked = read_choosing(request.args, recipe.labels)
    mask = chosen(listing, asked, site.listings.released(recipe, asked.release))
    page = page_of(listing, mask, read_key(request.args.get("after", ""), "after"))
    cards = cards_of(site.shop.catalog, listing, page.keys)
    told = Queue(
        dataset=recipe.name,
        total=page.total,
        start=page.start,
        next=page.next,
        photos=[QueueEntry.model_validate(card.to_json()) for card in cards],
    )
    return jsonify(told.model_dump())


@views.get("/progress")
@operation(Progress, refusals=_MISSING)
def progress(name: str) -> ResponseReturnValue:
    """Tell how far people have come, and what their decisions did to the last model."""
    site = this_site()
    recipe, listing = site.listing(name)
    folder = site.shop.settings.dataset_dir(recipe.name)
    told = progress_of(site.shop.catalog, listing, folder).to_json()
    return jsonify(Progress.model_validate(told).model_dump())


@views.get("/decisions")
@operation(History, parameters=_PHOTO, refusals=_MISSING)
def history(name: str) -> ResponseReturnValue:
    """Tell what was decided of a photo, the newest first."""
    site = this_site()
    recipe, photo_id = site.recipe(name), request.args.get("photo", "")
    said = decisions_of(site.shop.catalog, recipe, photo_id)
    told = History(
        dataset=recipe.name,
        photo=photo_id,
        decisions=[
            DecisionEntry(
                choice=one.choice,
                label=one.label,
                note=one.note,
                who=one.who,
                decided_at=one.decided_at,
            )
            for one in said
        ],
    )
    return jsonify(told.model_dump())


@views.post("/decisions")
@operation(Results, takes=Messages, refusals=_WRONG)
def decide(name: str) -> ResponseReturnValue:
    """Record what a person says of photos: each message once, however often it comes.

    Each is answered for itself: a message that cannot be followed costs the others nothing.
    """
    recipe = this_site().recipe(name)
    document = _document()
    messages, who = document.get("decisions"), document.get("who", "")
    if not isinstance(messages, list) or not isinstance(who, str):
        raise CallError("Send {'who': NAME, 'decisions': [...]}; docs/pages.md tells of what.")
    if len(messages) > MOST_ANSWERS:
        raise CallError(f"At most {MOST_ANSWERS} decisions at a time (received {len(messages)}).")
    person = who.strip() or this_site().who
    results = [_decide(recipe, message, person) for message in messages]
    told = Results.model_validate({"dataset": recipe.name, "results": results})
    return jsonify(told.model_dump(exclude_unset=True))


def _document() -> dict[str, Any]:
    # No form can send JSON, and no other site may without asking first.
    if not request.is_json:
        abort(415, "Send application/json.")
    document = request.get_json(silent=True)
    if not isinstance(document, dict):
        raise CallError("The body is not a JSON object. Send one.")
    return document


def _decide(recipe: Recipe, message: Any, who: str) -> dict[str, object]:
    catalog = this_site().shop.catalog
    ticket = message.get("ticket") if isinstance(message, dict) else None
    try:
        said = read_answer(message)
        outcome, photo = answer(catalog, recipe, said, who)
    except CallError as error:
        return {"ticket": ticket, "outcome": "refused", "detail": str(error)}
    result: dict[str, object] = {"ticket": ticket, "outcome": outcome.value}
    if photo is not None:
        result["now"] = state_now(catalog, recipe, photo)
    if outcome is Outcome.OVERTAKEN:
        result["detail"] = "Somebody else decided on that photo meanwhile."
    return result


_TEXTS = ("ticket", "photo", "choice", "label", "note", "seen", "undoes")


def read_answer(message: Any) -> Answer:
    """Read a message of a page.

    Raises:
        CallError: it is not as it should be.
    """
    if not isinstance(message, dict) or message.keys() - {*_TEXTS, "group"}:
        raise CallError(
            f"A decision is an object with some of {', '.join(_TEXTS)} and group"
            f" (received {message!r:.120})."
        )
    told = {name: message.get(name) or "" for name in _TEXTS}
    if not all(isinstance(value, str) for value in told.values()):
        raise CallError(f"Everything but group is text in a decision (received {message!r:.120}).")
    choice = told["choice"] or ("withdraw" if told["undoes"] else "")
    if choice not in set(Choice):
        raise CallError(
            f"choice is one of {', '.join(Choice)} (received {choice!r:.80}). Name one, or what"
            " the message undoes."
        )
    wish = Wish(
        Choice(choice),
        photo_id=told["photo"],
        label=told["label"] or None,
        note=told["note"],
        group=message.get("group") is True,
    )
    return Answer(told["ticket"], wish, told["seen"], told["undoes"] or None)
