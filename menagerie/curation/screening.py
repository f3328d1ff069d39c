"""What can be told of a photo from its record alone, before anything is downloaded."""

from collections import defaultdict
from collections.abc import Iterable

from menagerie.catalog.photos import Candidate
from menagerie.curation.reasons import Reason
from menagerie.licenses import permitted
from menagerie.recipe import Recipe

# FFHQ's convention for owners who do not want their photos used for computer vision.
OPT_OUT_TAG = "no_cv"


def screen(candidates: Iterable[Candidate], recipe: Recipe) -> dict[int, Reason]:
    """Return the reason to leave a photo out, by key, for those that have one."""
    licenses = {license.id for license in permitted(frozenset(recipe.source.uses))}
    reasons: dict[int, Reason] = {}
    by_owner: dict[str, list[tuple[int, str, int]]] = defaultdict(list)
    for photo in candidates:
        reason = _reason(photo, licenses)
        if reason is not None:
            reasons[photo.key] = reason
        else:
            by_owner[photo.owner].append((photo.uploaded_at, photo.photo_id, photo.key))
    for owned in by_owner.values():
        # The oldest stay: what a later upload brings never takes the place of what is there.
        for _, _, key in sorted(owned)[recipe.source.max_per_owner :]:
            reasons[key] = Reason.OWNER_OVER_CAP
    return reasons


def _reason(photo: Candidate, licenses: set[str]) -> Reason | None:
    if photo.media != "photo":
        return Reason.NOT_A_PHOTO
    if photo.license not in licenses:
        return Reason.LICENSE
    # Flickr strips punctuation from tags: no_cv comes back as nocv.
    if {OPT_OUT_TAG, "nocv"} & set(photo.tags.casefold().split()):
        return Reason.OPTED_OUT
    if len(photo.labels) > 1:
        return Reason.CROSS_LABEL
    if not photo.renditions:
        return Reason.NO_RENDITION
    return None
