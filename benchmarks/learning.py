"""How good the networks are, and what training costs: each figure beside its baseline.

Usage: python benchmarks/learning.py curation --crawl DIR --clean DIR [--models M ...]
           [--releases raw|curated ...] [--seeds S ...] [--sizes PX ...]
       python benchmarks/learning.py mnist --files DIR [--epochs N] [--seeds S ...]
       python benchmarks/learning.py cifar10 --files DIR [--epochs N] [--seeds S ...]
       python benchmarks/learning.py step

`curation` makes two releases of a crawl, one as it is and one curated, trains each network on
both, and judges it on photos that are in neither. `mnist` and `cifar10` train the classic
networks on the data that their published figures are of, by the recipes in `datasets`. `step`
asks `training.py` beside this file how `fit` compares with a bare compiled step, and the memory
map with arrays in memory.
"""

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from menagerie.learning.evaluate import evaluate_folder, evaluate_release
from menagerie.learning.fit import train
from menagerie.learning.metrics import wilson
from menagerie.progress import unwatched
from menagerie.recipe import Training, parse_recipe, template

LABELS = ("boar", "crow", "monkey")
# As each is measured: epochs, and the edge of its samples.
NETWORKS = {"cifar_cnn": (60, 64), "cnn": (40, 64), "transfer": (40, 256)}
RELEASES = ["raw", "curated"]
# The release's own test split is not asked here, so that nearly all photos are trained on.
TEST_SHARE = 0.02
DATASETS = Path(__file__).parents[1] / "datasets"
BARS = {"mnist": 0.990, "cifar10": 0.74}
NO_CURATION = {
    "min_side_px": 1,
    "max_aspect": 100.0,
    "min_brightness": 0.0,
    "max_brightness": 1.0,
    "min_contrast": 0.0,
    "min_entropy": 0.0,
    "min_sharpness": 0.0,
    "max_text_likeness": 10.0,
    "max_size_ratio": 1000.0,
    "near_duplicate_bits": 0,
}


def write_recipe(path: Path, text: str, changes: dict[str, object]) -> None:
    """Write a recipe in which some keys have other values."""
    for key, value in changes.items():
        literal = f'"{value}"' if isinstance(value, str) else value
        text = re.sub(rf"^{key} = .*$", f"{key} = {literal}", text, count=1, flags=re.MULTILINE)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def released(name: str, text: str, changes: dict[str, object]) -> Path:
    """Make a release in the folder of this run, and return its folder."""
    folder = Path(os.environ["MENAGERIE_DATASETS"]) / name
    write_recipe(folder / "recipe.toml", text, changes)
    command = [sys.executable, "-m", "menagerie", "refresh", name, "--skip-training"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return (folder / "current").resolve()


def of_crawl(crawl: Path, name: str, size_px: int, *, curated: bool) -> Path:
    """Release a crawl, curated or as it is."""
    source = {"kind": "folder", "path": str(crawl.resolve()), "uses": ()}
    text = template(name, name, [(label, [label]) for label in LABELS], source)
    changes = {"relevance": "reject"} if curated else NO_CURATION
    more = {"image_size_px": size_px, "test_fraction": TEST_SHARE}
    return released(name, text, {**changes, **more})


def timed(work: Callable[[], Path]) -> tuple[Path, float, float]:
    """Run something; return its result, the processor time of its children, and the time."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    result = work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return result, used, time.monotonic() - began


def of_curation(options: argparse.Namespace) -> None:
    """Train networks with and without curation, and judge them on photos that are in neither."""
    for model in options.models:
        epochs, size_px = NETWORKS[model]
        for size in options.sizes or [size_px]:
            for kind in options.releases:
                of_network(options, model, epochs, size, kind)


def of_network(
    options: argparse.Namespace, model: str, epochs: int, size_px: int, kind: str
) -> None:
    """Train one network on one release, once for each seed."""
    curated = kind == "curated"
    release = of_crawl(options.crawl, f"{kind}-{size_px}", size_px, curated=curated)
    right, samples, costs = 0, 0, []
    for seed in options.seeds:
        asked = Training.model_validate({"model": model, "epochs": epochs, "seed": seed})
        folder = release.parents[1]
        # What the backbone said for another seed would make this one look faster than it is.
        for kept in (folder / "models").glob(".features-*"):
            kept.unlink()
        made, used, took = timed(lambda: train(release, folder, asked, unwatched))  # noqa: B023
        metrics = evaluate_folder(made, options.clean)
        right += round(metrics.accuracy * metrics.samples)
        samples += metrics.samples
        costs.append(used)
        low, high = metrics.interval
        say(
            f"{model:9} {size_px:3} px {kind:7} seed {seed}: {metrics.accuracy:.4f}"
            f" [{low:.3f}, {high:.3f}] in {took:.0f} s ({used:.0f} CPU s){load()}"
        )
    low, high = wilson(right, samples)
    say(
        f"{model:9} {size_px:3} px {kind:7} all seeds: {right / samples:.4f}"
        f" [{low:.3f}, {high:.3f}], median {statistics.median(costs):.0f} CPU s"
    )


def of_example(options: argparse.Namespace) -> None:
    """Train a classic network on its own data, by the recipe that stands in `datasets`."""
    text = (DATASETS / options.name / "recipe.toml").read_text(encoding="utf-8")
    release = released(options.name, text, {"path": str(options.files.resolve())})
    asked = parse_recipe(text, options.name).training
    if options.epochs is not None:
        asked = asked.model_copy(update={"epochs": options.epochs})
    found = []
    for seed in options.seeds or [asked.seed]:
        seeded = asked.model_copy(update={"seed": seed})
        made, used, took = timed(lambda: train(release, release.parents[1], seeded, unwatched))  # noqa: B023
        metrics = evaluate_release(made, release)
        found.append(metrics.accuracy)
        low, high = metrics.interval
        say(
            f"{asked.model}, {asked.epochs} epochs, seed {seed}: {metrics.accuracy:.4f}"
            f" [{low:.4f}, {high:.4f}] of {metrics.samples:,}; {took:.0f} s ({used:.0f} CPU s)"
            f"{load()}"
        )
    say(f"mean {statistics.mean(found):.4f}; the bar is {BARS[options.name]}")


def of_step(_options: argparse.Namespace) -> None:
    """Compare `fit` with the bare step, and the memory map with arrays."""
    program = Path(__file__).with_name("training.py")
    subprocess.run([sys.executable, str(program), "steps"], check=True)


def load() -> str:
    """Tell how busy the machine is."""
    return f"; load {os.getloadavg()[0]:.1f}"


def say(text: str, end: str = "\n") -> None:
    """Print a line, or a part of one."""
    print(text, end=end, flush=True)  # noqa: T201


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="How good the networks are, and what they cost.")
    parts = parser.add_subparsers(required=True)
    curation = parts.add_parser("curation")
    curation.add_argument("--crawl", type=Path, required=True)
    curation.add_argument("--clean", type=Path, required=True)
    curation.add_argument("--models", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    curation.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    curation.add_argument("--releases", nargs="+", choices=RELEASES, default=RELEASES)
    curation.add_argument("--sizes", nargs="+", type=int, help="Other edges than the usual ones.")
    curation.set_defaults(work=of_curation)
    for name in BARS:
        example = parts.add_parser(name)
        example.add_argument("--files", type=Path, required=True)
        example.add_argument("--epochs", type=int)
        example.add_argument("--seeds", nargs="+", type=int, help="Others than the recipe's.")
        example.set_defaults(work=of_example, name=name)
    parts.add_parser("step").set_defaults(work=of_step)
    return parser.parse_args(arguments)


def main() -> None:
    """Run one part in a home of its own."""
    options = parsed(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="menagerie-learning-") as folder:
        os.environ |= {"MENAGERIE_HOME": f"{folder}/home", "MENAGERIE_DATASETS": f"{folder}/sets"}
        options.work(options)


if __name__ == "__main__":
    main()
