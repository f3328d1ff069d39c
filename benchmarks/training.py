"""What training costs beside its barest form, and how much memory it needs.

Every ratio is taken against the baseline of the same run, as CPU seconds (user and system) and
as wall time, medians over rounds in which all take turns: the load of a machine moves.

Usage: python benchmarks/training.py steps [--model NAME] [--size PX] [--steps N] [--rounds N]
       python benchmarks/training.py memory [--samples N] [--size PX]
"""

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from menagerie.learning.backend import import_keras
from menagerie.learning.fit import train
from menagerie.learning.samples import open_release
from menagerie.recipe import Training

CLASSES = ("boar", "crow", "monkey")


def cpu_seconds() -> float:
    """Tell how long this process has computed: user and system."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def write_release(folder: Path, samples: int, size_px: int) -> Path:
    """Write a release of noise, piece by piece."""
    folder.mkdir(parents=True)
    chance = np.random.default_rng(29)
    for split, count in (("train", samples), ("test", 30)):
        shape = (count, size_px, size_px, 3)
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        with (folder / f"x_{split}.npy").open("wb") as file:
            np.lib.format.write_array_header_1_0(file, header)
            for start in range(0, count, 1000):
                file.write(chance.bytes(min(1000, count - start) * size_px * size_px * 3))
        np.save(folder / f"y_{split}.npy", np.arange(count, dtype=np.int64) % len(CLASSES))
    (folder / "classes.json").write_text(json.dumps(CLASSES))
    (folder / "recipe.toml").write_text(f'[release]\nimage_size_px = {size_px}\nresize = "crop"\n')
    return folder


def measure_steps(options: argparse.Namespace) -> None:
    """Print what a step costs: bare, from arrays in memory, and from the memory map as we do it."""
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        training = Training(model=options.model, epochs=1)
        ways = _ways(training, options, home)
        figures: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for turn in range(options.rounds + 1):
            for name, train_once in ways.items():
                began, computed = time.perf_counter(), cpu_seconds()
                train_once()
                if turn:  # The first builds the graphs.
                    spent = (cpu_seconds() - computed, time.perf_counter() - began)
                    figures[name].append(spent)
    medians = {
        name: [statistics.median(each) for each in zip(*spent, strict=True)]
        for name, spent in figures.items()
    }
    load = os.getloadavg()[0]
    say(f"{options.model}, {options.size} px, {options.steps} steps, load {load:.1f}")
    for name, each in medians.items():
        cpu, wall = (1e3 * seconds / options.steps for seconds in each)
        ratio = _over(each, medians["bare"])
        say(f"{name:<12} {cpu:7.1f} CPU ms and {wall:7.1f} ms a step: {ratio} of bare")
    ratio = _over(medians["memory map"], medians["in memory"])
    say(f"the memory map costs {ratio} of arrays in memory")


def _over(these: Sequence[float], those: Sequence[float]) -> str:
    cpu, wall = (this / that for this, that in zip(these, those, strict=True))
    return f"{cpu:.3f} (CPU) and {wall:.3f} (wall)"


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)  # noqa: T201


def _ways(
    training: Training, options: argparse.Namespace, home: Path
) -> dict[str, Callable[[], Any]]:
    keras = import_keras()
    from menagerie.learning.checkpoint import Checkpoint
    from menagerie.learning.fitting import Batches
    from menagerie.learning.loop import Keeper, Watch, run
    from menagerie.learning.models import NETWORKS
    from menagerie.learning.planning import Task, plan

    keras.utils.set_random_seed(29)
    classes = len(CLASSES)
    size = NETWORKS[training.model].batch_size or training.batch_size
    release = open_release(write_release(home / "release", options.steps * size, options.size))
    samples = release.samples("train")
    rows = np.arange(len(samples))
    batches = Batches(samples, rows, classes, size, seed=29)
    task = Task(
        training, release.id, samples, rows, classes, lambda _samples, _size: batches, home, print
    )
    model = plan(task).model
    model.optimizer.build(model.trainable_variables)
    x, y = np.load(samples.x_path), np.eye(classes, dtype=np.float32)[samples.y]
    pairs = [
        tuple(keras.ops.convert_to_tensor(a[n : n + size]) for a in (x, y))
        for n in range(0, len(x), size)
    ]
    model.make_train_function()

    def bare() -> None:
        for pair in pairs:
            model.train_function(iter([pair]))

    def in_memory() -> None:
        model.fit(x, y, batch_size=size, epochs=1, verbose=0)

    def memory_map() -> None:
        path = home / "checkpoint.npz"
        watch = Watch(training, lambda _: None, path, batches.begin)
        keeper = Keeper(Checkpoint("benchmark", 0, {}, []), path, training, home / "logs", watch)
        run(model, batches, None, training, keeper, watch)

    return {"bare": bare, "in memory": in_memory, "memory map": memory_map}


def measure_memory(options: argparse.Namespace) -> None:
    """Print the peak memory of the child that trains one epoch."""
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        release = write_release(home / "release", options.samples, options.size)
        training = Training(model=options.model, epochs=1, batch_size=64)
        began = time.perf_counter()
        train(release, home, training, lambda _steps, note: say(note))
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        size = (release / "x_train.npy").stat().st_size / 1e6
        seconds, load = time.perf_counter() - began, os.getloadavg()[0]
        say(
            f"{options.model}: {options.samples:,} samples of {options.size} px, {size:,.0f} MB:"
            f" {peak:,.0f} MB at most, {seconds:,.0f} s, load {load:.1f}"
        )


def main(arguments: Sequence[str]) -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("steps", "memory"))
    parser.add_argument("--model", default="cnn")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--samples", type=int, default=200_000)
    options = parser.parse_args(arguments)
    (measure_steps if options.what == "steps" else measure_memory)(options)


if __name__ == "__main__":
    main(sys.argv[1:])
