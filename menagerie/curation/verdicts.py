"""One verdict for every photo: a pure function of what the catalog knows and the recipe."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from menagerie.catalog.curation import FileFacts, Verdict, file_facts, replace_verdicts
from menagerie.catalog.database import Catalog
from menagerie.catalog.photos import Candidate, candidates
from menagerie.curation.doubts import unfit_of
from menagerie.curation.duplicates import components, confirm, near_pairs
from menagerie.curation.reasons import Reason
from menagerie.curation.rules import first_objection
from menagerie.curation.screening import screen
from menagerie.photos.fingerprint import THUMB_PX
from menagerie.recipe import Recipe

PLACEHOLDER_OWNERS = 4
"""The same bytes from so many owners are the host's own picture, not theirs."""


def judge(
    photos: Iterable[Candidate],
    facts: Mapping[int, FileFacts],
    recipe: Recipe,
    unfit: Mapping[tuple[str, str], Reason] | None = None,
) -> Iterator[Verdict]:
    """Give every photo at most one verdict; they come oldest first.

    `unfit` names files that, by their relevance to a label, are not to be released, and why.

    What only waits for its download gets none: the catalog sees that by itself, and a crawl of
    a million photos would be a million verdicts.
    """
    passed: list[Candidate] = []
    for photo, reason in screen(photos, recipe):
        if reason is not None:
            yield Verdict(photo.key, reason)
        elif photo.key in facts:
            passed.append(photo)
    placeholders = _placeholders(passed, facts)
    sound: list[Candidate] = []
    for photo in passed:
        reason = _alone(facts[photo.key], placeholders, recipe)
        if reason is None:
            sound.append(photo)
        else:
            yield Verdict(photo.key, reason)
    verdicts = _together(sound, facts, recipe.curation.near_duplicate_bits)
    yield from _relevant(verdicts, sound, facts, unfit or {})


def judge_dataset(catalog: Catalog, recipe: Recipe) -> int:
    """Judge every photo of a dataset afresh, record the verdicts and return how many there are."""
    facts = file_facts(catalog, recipe.name)
    verdicts = judge(candidates(catalog, recipe), facts, recipe, unfit_of(catalog, recipe))
    return replace_verdicts(catalog, recipe.name, verdicts)


def _placeholders(photos: Iterable[Candidate], facts: Mapping[int, FileFacts]) -> set[str]:
    owners: dict[str, set[str]] = defaultdict(set)
    for photo in photos:
        fact = facts.get(photo.key)
        if fact is not None and fact.sha256 is not None and photo.owner:
            owners[fact.sha256].add(photo.owner)
    return {sha256 for sha256, names in owners.items() if len(names) >= PLACEHOLDER_OWNERS}


def _alone(fact: FileFacts, placeholders: set[str], recipe: Recipe) -> Reason | None:
    """Judge a photo by itself; None when it is sound."""
    if fact.sha256 in placeholders:
        return Reason.PLACEHOLDER
    if fact.fault is not None:
        return fact.fault
    if fact.fingerprint is None:
        return Reason.AWAITING_DECODE
    return first_objection(fact.fingerprint, recipe.curation)


def _together(
    sound: Sequence[Candidate], facts: Mapping[int, FileFacts], bits: int
) -> list[Verdict]:
    """Judge sound photos beside one another: the same picture is kept once."""
    best_first = sorted(sound, key=lambda photo: _rank(photo, facts[photo.key]))
    pairs = _pairs(best_first, facts, bits)
    groups = components(len(best_first), ((int(low), int(high)) for low, high in pairs))
    twins: dict[int, list[int]] = defaultdict(list)
    for low, high in pairs.tolist():
        twins[low].append(high)
        twins[high].append(low)
    labels: dict[int, set[str]] = defaultdict(set)
    for node, photo in enumerate(best_first):
        labels[groups[node]].update(photo.labels)
    verdicts: list[Verdict] = []
    kept: set[int] = set()
    for node, photo in enumerate(best_first):
        verdict = Verdict(photo.key, Reason.ACCEPTED, group_key=best_first[groups[node]].key)
        instead = min((twin for twin in twins[node] if twin in kept), default=None)
        if len(labels[groups[node]]) > 1:
            verdict = replace(verdict, reason=Reason.CROSS_LABEL)
        elif instead is None:
            # Only a direct likeness costs a photo its place, not one by way of others.
            kept.add(node)
        else:
            better = best_first[instead]
            same_bytes = facts[better.key].sha256 == facts[photo.key].sha256
            reason = Reason.DUPLICATE if same_bytes else Reason.NEAR_DUPLICATE
            verdict = replace(verdict, reason=reason, instead_key=better.key)
        verdicts.append(verdict)
    return verdicts


def _relevant(
    verdicts: Iterable[Verdict],
    photos: Iterable[Candidate],
    facts: Mapping[int, FileFacts],
    unfit: Mapping[tuple[str, str], Reason],
) -> Iterator[Verdict]:
    """Pass verdicts on; what nothing else speaks against must be relevant to its label."""
    labels = {photo.key: photo.labels[0] for photo in photos}
    for verdict in verdicts:
        sha256 = facts[verdict.key].sha256
        reason = unfit.get((sha256 or "", labels[verdict.key]))
        if verdict.reason is Reason.ACCEPTED and reason is not None:
            yield replace(verdict, reason=reason)
        else:
            yield verdict


def _rank(photo: Candidate, fact: FileFacts) -> tuple[bool, int, int, str]:
    """A given test photo first, then most pixels, then the earliest upload, then the id."""
    assert fact.fingerprint is not None
    pixels = fact.fingerprint.width * fact.fingerprint.height
    return (photo.given_side != "test", -pixels, photo.uploaded_at, photo.photo_id)


def _pairs(
    photos: Sequence[Candidate], facts: Mapping[int, FileFacts], bits: int
) -> "np.ndarray[tuple[int, int], np.dtype[np.int64]]":
    if not photos:
        return np.empty((0, 2), dtype=np.int64)
    prints = [facts[photo.key].fingerprint for photo in photos]
    hashes = np.array([p.phash for p in prints if p is not None], dtype=np.uint64)
    thumbs = np.frombuffer(b"".join(p.thumb for p in prints if p is not None), dtype=np.uint8)
    candidates = near_pairs(hashes, bits)
    return confirm(candidates, thumbs.reshape(len(photos), THUMB_PX, THUMB_PX))
