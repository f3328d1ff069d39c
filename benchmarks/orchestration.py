"""Measure what orchestration costs: crawl, curation and release, with Prefect and without.

    python benchmarks/orchestration.py [--count 10000] [--rounds 1] [--drawn DIR]

The same flows and tasks run twice over the sandbox's drawn photos, each time in a fresh process
and a fresh home:

- `flows`: as the commands run them, reporting to a Prefect server that runs already;
- `direct`: the same modules, with decorators that do nothing and artifacts that go nowhere in the
  place of Prefect, and two threads where its task runner has two.

Nothing is trained and nothing embedded, which would add work without a task: the share of
orchestration is the largest that there is. Seconds of the processor are user and system of the
process and its children from the end of its imports on. Those of the Prefect server are told, too,
without what it uses while nobody asks anything of it (which the direct run shows), and those of the
sandbox are not. Both must leave the same release.
"""

import argparse
import importlib.machinery
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MODES = ("direct", "flows")
KEYWORDS = ("monkey", "boar", "crow")
_THREADS = 2
_START_SECONDS = 300.0
_FINISH_SECONDS = 10.0

RECIPE = """
[dataset]
name = "animals"
{classes}
[source]
photos_per_keyword = {each}
max_per_owner = 1000
[curation]
relevance = "off"
"""
CLASS = '[[classes]]\nlabel = "{word}"\nkeywords = ["{word}"]\n'


class Nothing:
    """Stands for whatever Prefect offers beside its decorators, and does nothing."""

    def __call__(self, *_: object, **__: object) -> "Nothing":
        """Do nothing."""
        return self

    def __getattr__(self, name: str) -> "Nothing":
        return self

    def __getitem__(self, _: object) -> "Nothing":
        return self

    def __iter__(self) -> Iterator[object]:
        # Or else it would be iterated by its items, of which there is no end.
        return iter(())

    def __enter__(self) -> "Nothing":
        return self

    def __exit__(self, *_: object) -> None: ...

    def __mro_entries__(self, _: tuple[object, ...]) -> tuple[type, ...]:
        """Let classes that build on Prefect's build on one that takes anything."""
        return (Taking,)


class Taking:
    """The base of classes that would build on Prefect's."""

    def __init__(self, **_: object) -> None: ...


class PlainTask:
    """A task without Prefect: a function that can be submitted to two threads."""

    _threads = ThreadPoolExecutor(_THREADS)

    def __init__(self, work: Callable[..., Any]) -> None:
        self._work = work

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Run it here and now."""
        return self._work(*arguments, **named)

    def submit(self, *arguments: Any, **named: Any) -> Future[Any]:
        """Run it in a thread."""
        return self._threads.submit(self._work, *arguments, **named)


class PlainModule(ModuleType):
    """Any module of Prefect's."""

    __path__: Sequence[str] = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing()


class WithoutPrefect:
    """Finds a plain module wherever one of Prefect's is imported."""

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        """Say who loads a module."""
        if name.partition(".")[0] != "prefect":
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Make the module."""
        made = PlainModule(spec.name)
        if spec.name == "prefect":
            made.__dict__["flow"] = lambda **_: lambda work: work
            made.__dict__["task"] = lambda **_: PlainTask
        if spec.name == "prefect.runtime":
            # A run of no deployment waits for nobody.
            made.__dict__["deployment"] = SimpleNamespace(id=None)
        return made

    def exec_module(self, _: ModuleType) -> None:
        """Leave it as it is."""


def measure(mode: str) -> None:
    """Run the work in this process and print its figures."""
    sys.path.insert(0, str(ROOT))
    if mode == "direct":
        sys.meta_path.insert(0, WithoutPrefect())  # type: ignore[arg-type]
    from flows.refresh import refresh
    from menagerie.recipe import load_recipe
    from menagerie.settings import load_settings
    from tasks.server import prefect_server

    settings = load_settings()
    recipe = load_recipe(settings.datasets, "animals")
    before, started = _seconds(), time.perf_counter()
    if mode == "direct":
        refresh(recipe, skip_training=True)
    else:
        with prefect_server():
            refresh(recipe, skip_training=True)
    figures = {"wall": time.perf_counter() - started, "cpu": _seconds() - before}
    release = (settings.dataset_dir("animals") / "current").readlink().name
    print("figures", json.dumps({**figures, "release": release}))  # noqa: T201


def _seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _seconds_of(pid: int) -> float:
    """Return the seconds of the processor that another process has used (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(mode: str, folder: Path, environment: dict[str, str], each: int, server: int) -> Any:
    """Run one mode in a process of its own and return its figures."""
    dataset = folder / "datasets" / "animals"
    dataset.mkdir(parents=True)
    classes = "".join(CLASS.format(word=word) for word in KEYWORDS)
    (dataset / "recipe.toml").write_text(RECIPE.format(classes=classes, each=each))
    places = {
        "MENAGERIE_HOME": str(folder / "home"),
        "MENAGERIE_DATASETS": str(folder / "datasets"),
    }
    before, started = _seconds_of(server), time.monotonic()
    done = subprocess.run(
        [sys.executable, __file__, "--client", mode],
        env={**os.environ, **environment, **places},
        capture_output=True,
        text=True,
        check=False,
    )
    told = [line for line in done.stdout.splitlines() if line.startswith("figures ")]
    if not told:
        raise SystemExit(f"{mode} failed:\n{done.stderr[-3000:]}")
    # What the server still does for the run belongs to it.
    time.sleep(_FINISH_SECONDS)
    spent, lasted = _seconds_of(server) - before, time.monotonic() - started
    return {**json.loads(told[-1].removeprefix("figures ")), "server": spent, "lasted": lasted}


def serve(size: int, drawn: Path) -> None:
    """Serve drawn photos, kept in a folder once they are drawn, until the parent ends."""
    sys.path.insert(0, str(ROOT))
    from menagerie.lifeline import end_with_parent
    from menagerie.sandbox.drawn import drawn_universe
    from menagerie.sandbox.faults import Faults
    from menagerie.sandbox.server import serve as run_server

    end_with_parent()
    run_server(drawn_universe(size), 0, Faults(), drawn, lambda url: print(url, flush=True))  # noqa: T201


@contextmanager
def _sandbox(size: int, drawn: Path) -> Iterator[dict[str, str]]:
    """Serve drawn photos from a process of its own; yields the environment that leads there."""
    command = [sys.executable, __file__, "--serve", str(size), "--drawn", str(drawn)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            yield {
                "MENAGERIE_FLICKR_URL": f"{url}/services/rest/",
                "MENAGERIE_PHOTO_HOSTS": url.removeprefix("http://"),
                "FLICKR_API_KEY": "0123456789abcdef" * 2,
            }
        finally:
            process.kill()


@contextmanager
def _server(folder: Path) -> Iterator[tuple[str, int]]:
    """Run a Prefect server; yields its API and the number of its process."""
    from menagerie.lifeline import end_child, start_child
    from menagerie.supervising.plan import usable_port

    port = usable_port(0, "")
    quiet = {"PREFECT_HOME": str(folder), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    child = start_child("tasks.server", [str(port)], environment={**os.environ, **quiet})
    api, deadline = f"http://127.0.0.1:{port}/api", time.monotonic() + _START_SECONDS
    try:
        while True:
            try:
                urllib.request.urlopen(f"{api}/health", timeout=5)  # noqa: S310 - our own
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise SystemExit("The Prefect server did not start.") from None
                time.sleep(0.2)
        yield api, child.pid
    finally:
        end_child(child)


def compare(count: int, rounds: int, drawn: Path | None) -> None:
    """Run both modes in turn and print a table and the ratio."""
    sys.path.insert(0, str(ROOT))
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    each = -(-count // len(KEYWORDS))
    runs: dict[str, list[Any]] = {mode: [] for mode in MODES}
    with (
        tempfile.TemporaryDirectory() as name,
        _sandbox(each, drawn or Path(name) / "drawn") as environment,
        _server(Path(name) / "prefect") as (api, pid),
    ):
        shared = {**environment, "PREFECT_API_URL": api, "DO_NOT_TRACK": "1"}
        shared["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "CRITICAL"
        # Not counted: the sandbox draws a photo when it is first asked for.
        run(MODES[0], Path(name) / "first", shared, each, pid)
        for number in range(rounds):
            for mode in MODES if number % 2 == 0 else MODES[::-1]:
                folder = Path(name) / f"{mode}-{number}"
                runs[mode].append(run(mode, folder, shared, each, pid))
                print(mode, runs[mode][-1], file=sys.stderr)  # noqa: T201
    releases = {one["release"] for mode in MODES for one in runs[mode]}
    if len(releases) != 1:
        raise SystemExit(f"Both should leave one release, and left {sorted(releases)}.")
    _show(runs, each * len(KEYWORDS))


def _show(runs: dict[str, list[Any]], count: int) -> None:
    middle = {
        mode: {key: statistics.median(one[key] for one in runs[mode]) for key in figures}
        for mode in MODES
        for figures in [("wall", "cpu", "server", "lasted")]
    }
    direct, flows = middle["direct"], middle["flows"]
    idle = direct["server"] * flows["lasted"] / direct["lasted"]
    asked = max(0.0, flows["server"] - idle)
    lines = [
        f"{count:,} photos, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, medians of"
        f" {len(runs['flows'])}",
        "",
        "| | wall s | CPU s | CPU s of the server |",
        "|---|--:|--:|--:|",
        *(
            f"| {mode} | {one['wall']:.1f} | {one['cpu']:.1f} | {one['server']:.1f} |"
            for mode, one in middle.items()
        ),
        "",
    ]
    shares = {
        "wall": flows["wall"] / direct["wall"],
        "CPU": flows["cpu"] / direct["cpu"],
        "CPU with the server's": (flows["cpu"] + asked) / direct["cpu"],
    }
    lines += [f"flows / direct, {name}: {share:.3f}" for name, share in shares.items()]
    print("\n".join(lines))  # noqa: T201


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--drawn", type=Path, help="keep the drawn photos here for further runs")
    parser.add_argument("--client", choices=MODES, help=argparse.SUPPRESS)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.client:
        measure(asked.client)
    elif asked.serve:
        serve(asked.serve, asked.drawn)
    else:
        compare(asked.count, asked.rounds, asked.drawn)


if __name__ == "__main__":
    main()
