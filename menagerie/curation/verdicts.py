"""One verdict for every photo: a pure function of what the catalog knows and the recipe."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from menagerie.catalog.curation import (
    FileFacts,
    Verdict,
    file_facts,
    replace_verdicts,
    thumbnails,
    unpack_thumbs,
)
from menagerie.catalog.database import Catalog
from menagerie.catalog.photos import Candidate, candidates
from menagerie.curation.doubts import unfit_of
from menagerie.curation.grouping import ReadThumbs, leaders, near_duplicates
from menagerie.curation.pairs import Hashes, Pairs
from menagerie.curation.reasons import Reason
from menagerie.curation.rules import first_objection, is_odd_size
from menagerie.curation.screening import screen
from menagerie.curation.standing import FOR, Choice
from menagerie.recipe import Recipe

PLACEHOLDER_OWNERS = 4
"""The same bytes from so many owners are the host's own picture, not theirs."""


def judge(
    photos: Iterable[Candidate],
    facts: Mapping[int, FileFacts],
    recipe: Recipe,
    thumbs: ReadThumbs | None = None,
    unfit: Mapping[tuple[str, str], Reason] | None = None,
) -> Iterator[Verdict]:
    """Give every photo at most one verdict; they come oldest first.

    `thumbs` reads thumbnails where `facts` do not hold them; `unfit` names files that, by their
    relevance to a label, are not to be released, and why.

    What only waits for its download gets none: the catalog sees that by itself, and a crawl of
    a million photos would be a million verdicts.
    """
    sound: list[Candidate] = []
    yield from _sorted_out(photos, facts, recipe, sound)
    files, bits = _files_of(sound, facts), recipe.curation.near_duplicate_bits
    pairs = near_duplicates(files.sha256s, files.hashes, bits, thumbs or _held(facts))
    yield from _beside_one_another(files, pairs, facts, unfit or {})


def judge_dataset(catalog: Catalog, recipe: Recipe) -> int:
    """Judge every photo of a dataset afresh, record the verdicts and return how many there are."""
    facts = file_facts(catalog, recipe.name)
    thumbs, unfit = partial(thumbnails, catalog), unfit_of(catalog, recipe)
    verdicts = judge(candidates(catalog, recipe), facts, recipe, thumbs, unfit)
    return replace_verdicts(catalog, recipe.name, verdicts)


class Judging:
    """What `judge_dataset` does, for whoever has the near-duplicates searched by others meanwhile.

    The catalog is read once, so that pairs are of the very files that are judged by them.
    """

    def __init__(self, catalog: Catalog, recipe: Recipe) -> None:
        self._facts = file_facts(catalog, recipe.name)
        photos, sound = candidates(catalog, recipe), list[Candidate]()
        self._alone = list(_sorted_out(photos, self._facts, recipe, sound))
        self._files = _files_of(sound, self._facts)
        self._unfit = unfit_of(catalog, recipe)

    @property
    def sha256s(self) -> Sequence[str]:
        """The files to look for near-duplicates among, the best first."""
        return self._files.sha256s

    @property
    def hashes(self) -> Hashes:
        """Their pHashes, uint64 (n,)."""
        return self._files.hashes

    def verdicts(self, pairs: Pairs) -> Iterator[Verdict]:
        """Yield all verdicts, given what `near_duplicates` finds among the files."""
        yield from self._alone
        yield from _beside_one_another(self._files, pairs, self._facts, self._unfit)


def _sorted_out(
    photos: Iterable[Candidate],
    facts: Mapping[int, FileFacts],
    recipe: Recipe,
    sound: list[Candidate],
) -> Iterator[Verdict]:
    """Give each photo a verdict that is not sound by itself; the others are added to `sound`."""
    passed: list[Candidate] = []
    for photo, reason in screen(photos, recipe):
        if reason is not None:
            yield Verdict(photo.key, reason)
        elif photo.key in facts:
            passed.append(photo)
    placeholders = _placeholders(passed, facts)
    typical_px = _typical_px(facts[photo.key] for photo in passed)
    for photo in passed:
        reason = _alone(photo, facts[photo.key], placeholders, typical_px, recipe)
        if reason is None:
            sound.append(photo)
        else:
            yield Verdict(photo.key, reason)


def _placeholders(photos: Iterable[Candidate], facts: Mapping[int, FileFacts]) -> set[str]:
    owners: dict[str, set[str]] = defaultdict(set)
    for photo in photos:
        fact = facts.get(photo.key)
        if fact is not None and fact.sha256 is not None and photo.owner:
            owners[fact.sha256].add(photo.owner)
    return {sha256 for sha256, names in owners.items() if len(names) >= PLACEHOLDER_OWNERS}


def _typical_px(facts: Iterable[FileFacts]) -> float:
    """Return the median edge of the decoded photos, were they squares; 0 when there are none."""
    areas = [f.fingerprint.width * f.fingerprint.height for f in facts if f.fingerprint]
    return float(np.median(areas)) ** 0.5 if areas else 0.0


def _alone(
    photo: Candidate, fact: FileFacts, placeholders: set[str], typical_px: float, recipe: Recipe
) -> Reason | None:
    """Judge a photo by itself; None when it is sound, or a person decided for it."""
    if fact.sha256 in placeholders:
        return Reason.PLACEHOLDER
    if fact.fault is not None:
        return fact.fault
    if fact.fingerprint is None:
        return Reason.AWAITING_DECODE
    if photo.choice in FOR:
        return None
    if is_odd_size(fact.fingerprint, typical_px, recipe.curation):
        return Reason.ODD_SIZE
    return first_objection(fact.fingerprint, recipe.curation)


@dataclass(frozen=True, slots=True)
class _Files:
    """Sound files, the best first: names, hashes and the photos that share each."""

    sha256s: Sequence[str]
    hashes: Hashes
    sharers: Sequence[Sequence[Candidate]]


def _files_of(sound: Sequence[Candidate], facts: Mapping[int, FileFacts]) -> _Files:
    best_first = sorted(sound, key=lambda photo: _rank(photo, facts[photo.key]))
    files: dict[str, list[Candidate]] = defaultdict(list)
    for photo in best_first:
        files[_sha256(facts[photo.key])].append(photo)
    sharers = list(files.values())
    return _Files(list(files), _hashes(sharers, facts), sharers)


def _beside_one_another(
    files: _Files,
    pairs: Pairs,
    facts: Mapping[int, FileFacts],
    unfit: Mapping[tuple[str, str], Reason],
) -> Iterator[Verdict]:
    """Judge what is sound by itself: the same picture is kept once, and must be relevant."""
    labels = {photo.key: photo.labels[0] for photos in files.sharers for photo in photos}
    for verdict in _together(files, pairs.tolist()):
        sha256 = facts[verdict.key].sha256
        reason = unfit.get((sha256 or "", labels[verdict.key]))
        if verdict.reason is Reason.ACCEPTED and reason is not None:
            yield replace(verdict, reason=reason)
        else:
            yield verdict


def _together(files: _Files, pairs: Sequence[tuple[int, int]]) -> list[Verdict]:
    """Judge sound photos beside one another: the same picture is kept once."""
    sharers = files.sharers
    names = leaders(len(sharers), pairs)
    labels = [{label for photo in photos for label in photo.labels} for photos in sharers]
    contested = _contested(labels, names, pairs)
    verdicts: list[Verdict] = []
    # By node the photo that is kept of these bytes, by leader the first that is kept of the group.
    of_bytes: dict[int, Candidate] = {}
    of_group: dict[int, Candidate] = {}
    for node, photos in enumerate(sharers):
        group_key = sharers[names[node]][0].key
        for photo in photos:
            verdict = Verdict(photo.key, Reason.ACCEPTED, group_key=group_key)
            same = of_bytes.get(node)
            like = of_group.get(names[node]) if photo.choice is not Choice.KEEP else None
            if node in contested and photo.choice not in FOR:
                verdict = replace(verdict, reason=Reason.CROSS_LABEL)
            elif same is not None:
                verdict = replace(verdict, reason=Reason.DUPLICATE, instead_key=same.key)
            elif like is not None:
                verdict = replace(verdict, reason=Reason.NEAR_DUPLICATE, instead_key=like.key)
            else:
                of_bytes[node] = photo
                of_group.setdefault(names[node], photo)
            verdicts.append(verdict)
    return verdicts


def _contested(
    labels: Sequence[set[str]], names: Sequence[int], pairs: Iterable[tuple[int, int]]
) -> set[int]:
    """Return the files that were found under two labels, themselves or by what they look like."""
    groups: dict[int, set[str]] = defaultdict(set)
    for node, name in enumerate(names):
        groups[name] |= labels[node]
    contested = {node for node, name in enumerate(names) if len(groups[name]) > 1}
    for pair in pairs:
        if labels[pair[0]] != labels[pair[1]]:
            contested.update(pair)
    return contested


def _rank(photo: Candidate, fact: FileFacts) -> tuple[bool, bool, int, int, str]:
    """A given test photo first, then one a person keeps, most pixels, the oldest, the id."""
    assert fact.fingerprint is not None
    pixels = fact.fingerprint.width * fact.fingerprint.height
    is_test, is_kept = photo.given_side == "test", photo.choice is Choice.KEEP
    return (not is_test, not is_kept, -pixels, photo.uploaded_at, photo.photo_id)


def _sha256(fact: FileFacts) -> str:
    assert fact.sha256 is not None
    return fact.sha256


def _hashes(sharers: Iterable[Sequence[Candidate]], facts: Mapping[int, FileFacts]) -> Hashes:
    prints = (facts[photos[0].key].fingerprint for photos in sharers)
    return np.array([each.phash for each in prints if each is not None], dtype=np.uint64)


def _held(facts: Mapping[int, FileFacts]) -> ReadThumbs:
    """Read thumbnails from facts that hold them."""
    held = {f.sha256: f.fingerprint.thumb for f in facts.values() if f.fingerprint}
    return lambda sha256s: unpack_thumbs([held[sha256] for sha256 in sha256s])
