"""The direction of imports: cli -> flows -> tasks -> library, and inside the library, too."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted(p for top in ("menagerie", "flows", "tasks") for p in (ROOT / top).rglob("*.py"))


def imports(path: Path, *, lazy: bool) -> Iterator[str]:
    """Yield what a module imports: everywhere if `lazy`, else at its top level only."""
    tree = ast.parse(path.read_text("utf-8"))
    typing_only = {
        id(node)
        for guard in ast.walk(tree)
        if isinstance(guard, ast.If) and "TYPE_CHECKING" in ast.dump(guard.test)
        for node in ast.walk(guard)
    }
    functions = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only or (not lazy and id(node) in functions):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def inside(path: Path, *folders: str) -> bool:
    return any(path.is_relative_to(ROOT / folder) for folder in folders)


def top(name: str) -> str:
    return name.partition(".")[0]


def test_there_are_modules_to_look_at() -> None:
    assert len(MODULES) > 50


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_its_layer_may(path: Path) -> None:
    names = list(imports(path, lazy=True))
    tops = {top(name) for name in names}
    if inside(path, "menagerie") and not inside(path, "menagerie/commands", "menagerie/cli.py"):
        assert not tops & {"prefect", "flows", "tasks"}
    if inside(path, "tasks"):
        assert "flows" not in tops
    if inside(path, "flows"):
        assert not tops & {"PIL", "keras", "requests", "sqlalchemy", "tensorflow", "urllib3"}
    if inside(path, "menagerie/flickr", "menagerie/photos"):
        assert not tops & {"sqlalchemy"}
    if not inside(path, "menagerie/cli.py"):
        assert "menagerie.cli" not in names or path.name == "__main__.py"
    if not inside(path, "menagerie/cli.py", "menagerie/commands"):
        assert not any(name.startswith("menagerie.commands") for name in names)


# Loaded by the child process that trains or embeds, and by nobody else.
CHILD_MODULES = {
    f"menagerie.learning.{name}"
    for name in (
        "augmentation",
        "backbone",
        "efficientnet",
        "embedder",
        "fitting",
        "loop",
        "models",
        "muon",
        "normalization",
        "optimizers",
        "own_callbacks",
        "own_model",
        "planning",
        "transfer",
    )
}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_keras_is_imported_where_models_are_and_late(path: Path) -> None:
    heavy = {"keras", "tensorflow"}
    if not inside(path, "menagerie/learning"):
        assert not heavy & {top(name) for name in imports(path, lazy=True)}
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    if name not in CHILD_MODULES:
        early = set(imports(path, lazy=False))
        assert not heavy & {top(name) for name in early}
        assert not CHILD_MODULES & early


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_sql_stands_in_the_catalog_only(path: Path) -> None:
    if inside(path, "menagerie") and not inside(path, "menagerie/catalog"):
        names = set(imports(path, lazy=True))
        assert names <= names - {"sqlalchemy"} or path.name == "cli.py"


def test_parsers_know_no_http() -> None:
    names = {top(n) for n in imports(ROOT / "menagerie/flickr/parsers.py", lazy=True)}
    assert not names & {"requests", "urllib3", "flickrapi", "http", "urllib"}


def test_the_environment_is_read_in_one_place() -> None:
    readers = [
        path.relative_to(ROOT).as_posix()
        for path in MODULES
        if inside(path, "menagerie") and "os.environ.get" in path.read_text("utf-8")
    ]
    assert readers == []


def test_help_loads_neither_prefect_nor_tensorflow_nor_sqlalchemy() -> None:
    code = (
        "import sys; from menagerie.cli import cli; cli(['--help'], standalone_mode=False);"
        "sys.exit(bool({'prefect', 'tensorflow', 'keras', 'sqlalchemy', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_package_is_hidden_by_a_folder_of_ours() -> None:
    assert not (ROOT / "datasets/__init__.py").exists()
    tops = {p.name for p in ROOT.iterdir()}
    assert not {p.stem for p in (ROOT / "flows").glob("*.py")} & tops


HEAVY = [
    "alembic",
    "dask",
    "flask",
    "flickrapi",
    "keras",
    "pandas",
    "prefect",
    "pyarrow",
    "scipy",
    "tensorflow",
]


@pytest.mark.parametrize(
    ("call", "left_out"),
    [(["--help"], [*HEAVY, "numpy", "rich", "sqlalchemy"]), (["status", "animals"], HEAVY)],
)
def test_a_command_that_answers_at_once_imports_nothing_heavy(
    call: list[str], left_out: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MENAGERIE_HOME", str(tmp_path))
    monkeypatch.setenv("MENAGERIE_DATASETS", str(ROOT / "datasets"))
    code = "import sys; from menagerie.cli import cli; cli(sys.argv[1:], standalone_mode=False);"
    code += "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    for _ in range(2):  # The first call makes the catalog, with Alembic.
        done = subprocess.run(
            [sys.executable, "-c", code, *call], capture_output=True, text=True, check=True
        )
    assert set(left_out) & set(done.stderr.split()) == set()


def test_a_run_that_an_event_starts_waits_for_nothing_that_it_does_not_need() -> None:
    code = "import sys; import flows.train; print(*{n.partition('.')[0] for n in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    needless = {"alembic", "dask", "flask", "keras", "pandas", "pyarrow", "scipy", "tensorflow"}
    assert needless & set(done.stdout.split()) == set()
