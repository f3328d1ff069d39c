"""What a deployed run does while its dataset is busy, and how far work says it has come."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from menagerie.errors import BusyError, RecipeError
from menagerie.locking import exclusive
from menagerie.recipe import Recipe, load_recipe
from menagerie.sandbox.drawn import drawn_universe
from menagerie.sandbox.faults import parse_faults
from menagerie.sandbox.server import running
from tasks import stages
from tasks.parameters import limited
from tasks.stages import held
from tasks.watching import duration, pace
from tests.builders import recipe
from tests.conftest import point_to
from tests.flows.conftest import Workplace

Hold = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def busy() -> tuple[Hold, threading.Event]:
    """Something that can be held once an event is set."""
    free = threading.Event()

    @contextmanager
    def hold() -> Iterator[None]:
        if not free.is_set():
            threading.Timer(0.01, free.set).start()
            raise BusyError("animals is busy.")
        yield

    return hold, free


class Said(list[str]):
    """A log that keeps what it is told."""

    def warning(self, text: str, *values: object) -> None:
        self.append(text % values)


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Said:
    """Let this be the run of a deployment, as Prefect's own variables for tests do."""
    said = Said()
    monkeypatch.setenv("PREFECT__RUNTIME__DEPLOYMENT__ID", "some")
    monkeypatch.setattr(stages, "get_run_logger", lambda: said)
    monkeypatch.setattr(stages, "BUSY_PAUSE_SECONDS", 0.01)
    return said


def test_a_deployed_run_waits_until_its_dataset_is_free(
    busy: tuple[Hold, threading.Event], deployed: Said
) -> None:
    hold, free = busy
    with held(recipe(), hold):
        assert free.is_set()
    assert deployed == ["animals is busy. This run waits."]


def test_a_deployed_run_is_refused_where_the_recipe_says_so(
    busy: tuple[Hold, threading.Event], deployed: Said
) -> None:
    refusing = recipe(schedule={"when_busy": "refuse"})
    with pytest.raises(BusyError), held(refusing, busy[0]):
        pass


def test_a_command_is_refused_at_once(busy: tuple[Hold, threading.Event]) -> None:
    with pytest.raises(BusyError), held(recipe(), busy[0]):
        pass


@pytest.mark.parametrize(
    ("done", "total", "seconds", "said"),
    [
        (0, 100, 5.0, ()),
        (50, 200, 10.0, ("50 of 200", "5.0 a second", "30 s left")),
        (2, 40, 60.0, ("2 of 40", "2.0 a minute", "19 min 0 s left")),
        (120, 100, 10.0, ("120 of 100", "12.0 a second", "0 s left")),
    ],
)
def test_progress_tells_rate_and_time_left(
    done: int, total: int, seconds: float, said: tuple[str, ...]
) -> None:
    assert pace(done, total, seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(59.4, "59 s"), (61, "1 min 1 s"), (7325, "2 h 2 min")]
)
def test_a_duration_has_two_units(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_a_run_that_takes_too_long_ends_and_lets_go_of_its_dataset(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.collect import collect

    faults = parse_faults("slow=1,slow-seconds=60")
    with running(drawn_universe(5), faults) as url:
        point_to(monkeypatch, workplace.folder, url)
        began = time.monotonic()
        read = load_recipe(workplace.folder / "datasets", "animals")
        ended = collect.with_options(timeout_seconds=3)(read, return_state=True)
    assert (ended.type, ended.name) == ("FAILED", "TimedOut")
    assert time.monotonic() - began < 50
    # A run that it had left behind would hold it.
    with exclusive(workplace.home, workplace.dataset, "collect"):
        pass


def test_a_limit_lowers_what_the_recipe_asks_for_and_never_raises_it() -> None:
    asked = recipe(source={"photos_per_keyword": 30})
    assert limited(asked, 10).source.photos_per_keyword == 10
    assert limited(asked, 50).source.photos_per_keyword == 30
    assert limited(asked, None) == asked


def test_a_run_reads_the_recipe_of_its_day(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.refresh import refresh

    monkeypatch.setenv("MENAGERIE_DATASETS", str(workplace.folder / "datasets"))
    for epochs in (3, 5):
        workplace.write_recipe(epochs=epochs)
        read: Recipe = refresh.validate_parameters({"recipe": "animals"})["recipe"]
        assert read.training.epochs == epochs
    Path(workplace.dataset / "recipe.toml").unlink()
    with pytest.raises(RecipeError, match="no dataset 'animals'"):
        refresh.validate_parameters({"recipe": "animals"})
