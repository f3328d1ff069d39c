"""How well near-duplicates are found beside imagededup, and how fast pairs of hashes are.

Photos of a folder are edited as people edit them (see edits.py), and searched with their
originals, with other views of the same scenes and with plain pictures. imagededup's pHash at its
default threshold searches the same files, in a virtual environment that is made for it.

Usage: python benchmarks/duplicates.py FOLDER [PHOTOS]
       python benchmarks/duplicates.py --speed [HASHES]
       python benchmarks/duplicates.py --slice HASHES
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
import venv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from edits import EDITS, encoded, plain, views
from numpy.typing import NDArray
from PIL import Image

from menagerie.curation.grouping import SLICE, near_duplicates
from menagerie.curation.pairs import Hashes, near_pairs, pairs_between
from menagerie.curation.variants import WINDOWS
from menagerie.photos.decode import decode
from menagerie.photos.fingerprint import THUMB_PX, fingerprint

RADIUS = 6
SEED = 29
PLAIN_PICTURES = 300
SAME_GREY = 3.0
PEER = Path(tempfile.gettempdir()) / "menagerie-imagededup"

Pair = tuple[str, str]


def cpu_seconds() -> float:
    """Tell how long this process has computed: user and system."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_mb() -> int:
    """Tell how much memory this process has ever needed."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def say(text: str) -> None:
    """Print a line."""
    print(text, flush=True)  # noqa: T201


def write_pictures(folder: Path, photos: Iterable[Path]) -> None:
    """Write originals, edited copies, views and plain pictures as `<family>=<kind>.jpg`."""
    for path in photos:
        image = Image.open(path).convert("RGB")
        chance = random.Random(f"{SEED} {path.name}")  # noqa: S311 - not for secrets
        (folder / f"{path.stem}=original.jpg").write_bytes(path.read_bytes())
        for kind, edit in EDITS.items():
            quality = int(kind.split()[1]) if kind.startswith("quality") else 90
            data = encoded(image if kind.startswith("quality") else edit(image, chance), quality)
            (folder / f"{path.stem}={kind}.jpg").write_bytes(data)
        for number, view in enumerate(views(image)):
            (folder / f"{path.stem} view {number}=view.jpg").write_bytes(encoded(view))
    chance = random.Random(SEED)  # noqa: S311
    for number in range(PLAIN_PICTURES):
        (folder / f"plain {number}=plain.jpg").write_bytes(encoded(plain(chance)))


def unlike(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield photos, but of those that stand twice in the folder only the first."""
    seen: list[NDArray[np.int64]] = []
    for path in paths:
        thumb = np.frombuffer(fingerprint(decode(path.read_bytes())).thumb, np.uint8)
        grey = thumb.astype(np.int64)
        if all(np.abs(grey - other).mean() > SAME_GREY for other in seen):
            seen.append(grey)
            yield path


def ours(folder: Path) -> set[Pair]:
    """Find the pairs of a folder's pictures as judging does."""
    names = sorted(path.name for path in folder.iterdir())
    prints = [fingerprint(decode((folder / name).read_bytes())) for name in names]
    thumbs = {name: each.thumb for name, each in zip(names, prints, strict=True)}

    def read(wanted: Sequence[str]) -> NDArray[np.uint8]:
        flat = np.frombuffer(b"".join(thumbs[name] for name in wanted), dtype=np.uint8)
        return flat.reshape(len(wanted), THUMB_PX, THUMB_PX)

    hashes = np.array([each.phash for each in prints], dtype=np.uint64)
    began = cpu_seconds()
    pairs = near_duplicates(names, hashes, RADIUS, read).tolist()
    say(f"{len(names):,} pictures searched in {cpu_seconds() - began:.1f} CPU s")
    return {(names[low], names[high]) for low, high in pairs}


def peers(folder: Path, work: Path) -> set[Pair] | None:
    """Let imagededup find its pairs; None where it cannot be installed."""
    venv.create(work / "peer", with_pip=True)
    python = work / "peer" / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "imagededup"]
    if subprocess.run(install, check=False).returncode:
        return None
    out = work / "peer.json"
    script = Path(__file__).with_name("peer_phash.py")
    began = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run([python, script, folder, out], check=True)
    took = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - began
    say(f"imagededup took {took:.0f} CPU s, decoding included")
    found = json.loads(out.read_text())
    return {(min(a, b), max(a, b)) for a, others in found.items() for b in others}


def family(name: str) -> str:
    """Tell from which original a picture was made."""
    return name.rpartition("=")[0]


def kind(name: str) -> str:
    """Tell what was done to a picture."""
    return name.rpartition("=")[2].removesuffix(".jpg")


def figures(names: Sequence[str], found: set[Pair]) -> dict[str, str]:
    """Tell recall and precision of each kind as `recall precision`, and what was merged wrongly."""
    total = Counter(kind(name) for name in names)
    with_original: Counter[str] = Counter()
    right: dict[str, Counter[bool]] = defaultdict(Counter)
    for pair in found:
        same = family(pair[0]) == family(pair[1])
        kinds = {kind(name) for name in pair}
        for each in kinds:
            right[each][same] += 1
        if same and "original" in kinds:
            with_original.update(kinds - {"original"})
    rows = {}
    for each in EDITS:
        precision = right[each][True] / max(1, right[each].total())
        rows[each] = f"{with_original[each] / total[each]:6.3f} {precision:6.3f}"
    for each in ("original", "view", "plain"):
        rows[f"wrong pairs with {each}"] = f"{right[each][False]:6d}"
    correct = sum(family(a) == family(b) for a, b in found)
    rows["precision of all pairs"] = f"{correct / max(1, len(found)):13.4f}"
    return rows


def quality(folder: Path, count: int) -> None:
    """Print recall and precision of each kind of edit."""
    photos = list(unlike(sorted(folder.glob("*.jpg"))[:count]))
    with tempfile.TemporaryDirectory() as made:
        pictures = Path(made) / "pictures"
        pictures.mkdir()
        write_pictures(pictures, photos)
        names = sorted(path.name for path in pictures.iterdir())
        mine, theirs = ours(pictures), peers(pictures, Path(made) / "peer.json")
        if theirs is None:
            say("imagededup could not be installed; ours alone:")
        tables = [figures(names, found) for found in (mine, theirs) if found is not None]
    say(f"{'recall and precision':28} menagerie   imagededup")
    for row in tables[0]:
        say(f"{row:28} " + "   ".join(f"{table[row]:13}" for table in tables))
    for pair in sorted(mine):
        if family(pair[0]) != family(pair[1]) and not {kind(name) for name in pair} & set(EDITS):
            say(f"to be looked at: {pair[0]} and {pair[1]}")


def crowded(hashes: Hashes, count: int, free_bits: int) -> Hashes:
    """Make the first hashes agree on all but their lowest bits."""
    crowd = hashes.copy()
    crowd[:count] = (crowd[:count] % np.uint64(1 << free_bits)) + np.uint64(0xBEEF << 48)
    return crowd


def speed(count: int) -> None:
    """Print what the search for pairs costs."""
    chance = np.random.default_rng(SEED)
    hashes = chance.integers(0, 2**64, count, dtype=np.uint64)
    flips = chance.integers(0, 64, (RADIUS, count // 50)).astype(np.uint64)
    hashes[-(count // 50) :] = hashes[: count // 50] ^ np.bitwise_xor.reduce(
        np.uint64(1) << flips, axis=0
    )
    equal = hashes.copy()
    equal[: count // 50] = 7
    cases: dict[str, Callable[[], object]] = {
        f"{count:,} random hashes": lambda: near_pairs(hashes, RADIUS),
        f"{count // 50:,} of them equal": lambda: near_pairs(equal, RADIUS),
        f"{count // 10:,} of them in one band of 16 bits": lambda: near_pairs(
            crowded(hashes, count // 10, 48), RADIUS
        ),
        f"{count // 10:,} of them alike in 32 bits": lambda: near_pairs(
            crowded(hashes, count // 10, 32), RADIUS
        ),
        f"{count // 100:,} new ones against {count:,}": lambda: pairs_between(
            hashes, hashes[: count // 100] ^ np.uint64(1), RADIUS
        ),
    }
    for name, search in cases.items():
        times = []
        for _ in range(3):
            began = cpu_seconds()
            search()
            times.append(cpu_seconds() - began)
        say(f"{name:45} {sorted(times)[1]:6.2f} CPU s, {peak_mb()} MB at most so far")


def slice_speed(count: int) -> None:
    """Print what it costs to search for the windows of a slice among so many files."""
    chance = np.random.default_rng(SEED)
    hashes, windows = (
        chance.integers(0, 2**64, size, dtype=np.uint64) for size in (count, SLICE * len(WINDOWS))
    )
    began = cpu_seconds()
    pairs_between(hashes, windows, RADIUS)
    say(f"a slice among {count:,}: {cpu_seconds() - began:.1f} CPU s, {peak_mb()} MB at most")


if __name__ == "__main__":
    if sys.argv[1] == "--slice":
        slice_speed(int(sys.argv[2]))
    elif sys.argv[1] == "--speed":
        speed(int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
    else:
        quality(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 200)
