"""Trying the classifier: the page, and what it and other programs ask."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from menagerie.catalog.budget import CallBudget
from menagerie.catalog.license_names import licenses_by_id
from menagerie.catalog.photos import dataset_source
from menagerie.curation.reasons import Reason
from menagerie.errors import PhotoError
from menagerie.names import one_line, shown_name
from menagerie.serving.addresses import AddressedPhotos
from menagerie.serving.neighbours import Neighbour
from menagerie.serving.service import Answer, Answers, Question, Upload
from menagerie.serving.uploads import MAX_UPLOAD_BYTES
from menagerie.web.openapi import Parameter, operation
from menagerie.web.problems import problem
from menagerie.web.shapes import NeighbourEntry, PredictionEntry, PredictionList
from menagerie.web.site import this_site
from menagerie.web.uploading import FIELD, addresses, uploads

views = Blueprint("predicting", __name__)

MOST_NEIGHBOURS = 12
_BUSY_SECONDS = 10
_TOO_LARGE = {Reason.TOO_MANY_BYTES, Reason.BOMB}
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_CONTENT = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "properties": {FIELD: {"type": "array", "items": _BYTES["schema"]}},
            "required": [FIELD],
        }
    },
    "image/*": _BYTES,
    "application/octet-stream": _BYTES,
    "application/json": {
        "schema": {
            "type": "object",
            "properties": {
                "addresses": {"type": "array", "items": {"type": "string"}, "minItems": 1}
            },
            "required": ["addresses"],
        }
    },
}
_PARAMETERS = (
    Parameter(
        "dataset",
        "Whose champion answers; needed if several datasets have one.",
        {"type": "string"},
    ),
    Parameter(
        "neighbours",
        "How many of the likest training photos to show for each photo.",
        {"type": "integer", "minimum": 0, "maximum": MOST_NEIGHBOURS, "default": 0},
    ),
    Parameter(
        "threshold",
        "Name no class that is less probable; default what the model's evaluation found.",
        {"type": "number", "minimum": 0, "maximum": 1},
    ),
)


@views.get("/predict")
def page() -> ResponseReturnValue:
    """Show the page on which photos are dropped, chosen, pasted or named."""
    site = this_site()
    names = site.predictions.names()
    chosen = request.args.get("dataset", names[0] if names else "")
    if chosen and chosen not in names:
        abort(404, f"No dataset {chosen[:80]!r} has a model. Choose one on the first page.")
    if chosen:
        # Whoever opens the page is about to ask.
        site.predictions.warm(chosen)
    return render_template(
        "predict.html",
        names=names,
        chosen=chosen,
        knows_pages=_addressed().knows_pages,
        most_mib=MAX_UPLOAD_BYTES // 2**20,
    )


@views.post("/api/v1/predict")
@operation(
    PredictionList,
    parameters=_PARAMETERS,
    content=_CONTENT,
    refusals={
        400: "No photo came, or a parameter cannot be used.",
        404: "No such dataset has a model.",
        413: "Too many bytes, pixels or photos.",
        415: "The body is of another kind.",
        422: "None of the photos can be used.",
        503: "The model cannot be used just now, or has too much to do.",
    },
)
def predict() -> ResponseReturnValue:
    """Say what is on photos.

    Send one photo as it is, one or more in a form, or addresses: of pictures on the hosts that
    this server may ask, or of pages of Flickr, where it has a key. Of several photos, one that
    cannot be used has an error in its place; if none can be used, the whole answer is a problem.
    Photos are not stored.
    """
    site, dataset, question = this_site(), _dataset(), _question()
    if question.neighbours:
        source = dataset_source(site.shop.catalog, dataset)
        question = replace(question, licenses=licenses_by_id(site.shop.catalog, source))
    named = addresses()
    if named is None:
        answers = _asked(dataset, uploads(), question)
    else:
        answers = _predict_addressed(dataset, named, question)
    failed = [answer for answer in answers.answers if answer.error is not None]
    if len(failed) == len(answers.answers):
        return _refused(failed)
    # In the order of the probabilities, which jsonify would sort by their names.
    return Response(_document(answers), mimetype="application/json")


def _asked(dataset: str, photos: Sequence[Upload], question: Question) -> Answers:
    try:
        return this_site().predictions.predict(dataset, photos, question)
    except TimeoutError:
        busy = "The model has more to do than it can do just now. Try again in a while."
        abort(503, busy, retry_after=_BUSY_SECONDS)


def _addressed() -> AddressedPhotos:
    shop = this_site().shop
    return AddressedPhotos(shop.settings, lambda key: CallBudget(shop.catalog, key))


def _predict_addressed(dataset: str, named: Sequence[str], question: Question) -> Answers:
    addressed, fetched, errors = _addressed(), [], {}
    for place, address in enumerate(named):
        try:
            fetched.append(Upload(addressed.read(address.strip())))
        except PhotoError as error:
            errors[place] = Answer(address, error=error)
    answers = _asked(dataset, fetched, question)
    found = iter(answers.answers)
    return replace(
        answers,
        answers=[
            errors[place] if place in errors else replace(next(found), name=address)
            for place, address in enumerate(named)
        ],
    )


def _dataset() -> str:
    names, asked = this_site().predictions.names(), request.args.get("dataset")
    if asked is None and len(names) == 1:
        return names[0]
    known = ", ".join(names) or "none; `menagerie refresh NAME` trains one"
    if asked is None and names:
        abort(400, f"Which dataset's model is asked? Add ?dataset=NAME (with a model: {known}).")
    if asked not in names:
        abort(404, f"No dataset {(asked or '')[:80]!r} has a model (with a model: {known}).")
    return asked


def _question() -> Question:
    neighbours = _number("neighbours", 0, MOST_NEIGHBOURS)
    if neighbours is not None and neighbours != int(neighbours):
        abort(400, f"neighbours must be a whole number (received {neighbours}).")
    return Question(int(neighbours or 0), _number("threshold", 0, 1))


def _number(name: str, least: float, most: float) -> float | None:
    received = request.args.get(name)
    if received is None:
        return None
    try:
        number = float(received)
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        abort(400, f"{name} must be a number from {least} to {most} (received {received[:40]!r}).")
    return number


def _refused(failed: Sequence[Answer]) -> ResponseReturnValue:
    errors = [_failure(answer) for answer in failed]
    reasons = {answer.error.reason for answer in failed if answer.error}
    status = 413 if reasons <= _TOO_LARGE else 422
    if len(errors) == 1:
        return problem(status, errors[0]["error"], reason=errors[0]["reason"])
    detail = f"None of the {len(errors)} photos can be used. {errors[0]['error']}"
    return problem(status, detail, errors=errors)


def _failure(answer: Answer) -> dict[str, str]:
    assert answer.error is not None
    name = _shown(answer.name)
    who = name or "The photo"
    return {"photo": name, "error": f"{who} {answer.error}.", "reason": answer.error.reason}


def _shown(name: str) -> str:
    return one_line(shown_name(name))[:300]


def _document(answers: Answers) -> str:
    return PredictionList(
        dataset=answers.dataset,
        model=answers.model,
        release=answers.release,
        classes=list(answers.classes),
        threshold=answers.threshold,
        predictions=list(_entries(answers.answers)),
    ).model_dump_json(exclude_unset=True)


def _entries(answers: Sequence[Answer]) -> Iterator[PredictionEntry]:
    for answer in answers:
        if answer.prediction is None:
            yield PredictionEntry(**_failure(answer))
            continue
        found = answer.prediction
        entry = PredictionEntry(
            photo=_shown(answer.name),
            label=found.label,
            none_of_these=found.label is None,
            probability=min(1.0, found.probability),
            probabilities={label: min(1.0, p) for label, p in found.probabilities.items()},
        )
        if answer.animated:
            entry.note = "animated: judged by its first frame"
        if answer.neighbours is None:
            entry.neighbours_pending = True
        else:
            entry.neighbours = [_neighbour(each) for each in answer.neighbours]
        yield entry


def _neighbour(neighbour: Neighbour) -> NeighbourEntry:
    credit = neighbour.credit
    return NeighbourEntry(
        label=neighbour.label,
        likeness=neighbour.likeness,
        sha256=neighbour.sha256,
        thumb=f"/thumbs/{neighbour.sha256}",
        title=credit.title,
        creator=credit.creator,
        license=credit.license,
        license_url=credit.license_url,
        page_url=credit.page_url,
    )
