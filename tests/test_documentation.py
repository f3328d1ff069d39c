"""The documentation is complete and true: it is compared with the program it describes."""

import ast
import importlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import pytest
from pydantic import BaseModel

from menagerie.catalog.tables import metadata
from menagerie.cli import cli
from menagerie.curation.reasons import Reason, State
from menagerie.export.formats import FORMATS
from menagerie.learning.metrics import Metrics
from menagerie.licenses import LICENSES
from menagerie.recipe import SECTIONS, Dataset, PhotoClass, parse_recipe, plain_keys
from menagerie.release.verifying.checks import CHECKS
from menagerie.release.verifying.verify import Checked
from menagerie.sandbox.faults import KINDS
from menagerie.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
TOP_PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")
PAGES = sorted([*DOCS.rglob("*.md"), *(ROOT / name for name in TOP_PAGES)])
RECIPE_SECTIONS: dict[str, type[BaseModel]] = {
    "[dataset]": Dataset,
    "[[classes]]": PhotoClass,
    **{f"[{name}]": section for name, section in SECTIONS.items()},
}
RECIPE_KEYS = [
    (heading, key) for heading, section in RECIPE_SECTIONS.items() for key in plain_keys(section)
]
COMMANDS = {"menagerie": cli} | {f"menagerie {name}": c for name, c in cli.commands.items()}

Row = list[str]


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def sections(text: str) -> dict[str, str]:
    """What stands under each heading of the second level, down to the next."""
    heads = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return {head.strip("`"): body for head, body in zip(heads[1::2], heads[2::2], strict=True)}


def before(text: str, heading: str) -> str:
    before, _, after = text.partition(f"\n## {heading}\n")
    assert after
    return before


def rows(text: str) -> dict[str, Row]:
    """The cells of table rows, by the code that their first cell begins with."""
    found: dict[str, Row] = {}
    for line in text.splitlines():
        named = re.match(r"\| `([^`]+)`.* \|$", line)
        if named:
            found[named[1]] = [cell.strip() for cell in line.strip("|").split("|")]
    return found


def blocks(language: str) -> list[tuple[Path, str]]:
    """The examples in a language, each with the page it stands on."""
    fence = re.compile(rf"^```{language}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return [(p, code) for p in PAGES for code in fence.findall(p.read_text(encoding="utf-8"))]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def options(command: click.Command) -> Iterator[click.Option]:
    return (each for each in command.params if isinstance(each, click.Option))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_section_with_every_option(name: str) -> None:
    section = sections(read("commands.md"))[name]
    documented = {each.split()[0] for each in rows(section) if each.startswith("--")}
    assert documented == {word for each in options(COMMANDS[name]) for word in each.opts}


@pytest.mark.parametrize("name", COMMANDS)
def test_an_option_is_documented_with_its_default(name: str) -> None:
    documented = {k.split()[0]: v for k, v in rows(sections(read("commands.md"))[name]).items()}
    for option in options(COMMANDS[name]):
        if isinstance(option.default, int) and not isinstance(option.default, bool):
            assert documented[option.opts[0]][1] == str(option.default)


def test_no_command_is_documented_that_does_not_exist() -> None:
    documented = {head for head in sections(read("commands.md")) if head.startswith("menagerie")}
    assert documented == set(COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_command_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"(?:^|[`/])menagerie ([a-z]+(?:-[a-z]+)*)", text, re.MULTILINE)
    assert set(named) <= set(cli.commands)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_make_target_that_a_page_names_exists(page: Path) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(named) <= set(targets)


def test_every_setting_is_documented_with_its_default() -> None:
    documented = rows(before(read("settings.md"), "Prefect's variables"))
    expected = {
        str(field.validation_alias): "none" if field.default is None else f"`{field.default}`"
        for field in Settings.model_fields.values()
    }
    assert {name: row[1] for name, row in documented.items()} == expected


@pytest.mark.parametrize(("heading", "key"), RECIPE_KEYS)
def test_a_recipe_key_is_documented_as_the_model_has_it(heading: str, key: str) -> None:
    section = RECIPE_SECTIONS[heading]
    documented = rows(sections(read("recipe.md"))[heading])[key]
    schema = section.model_json_schema()["properties"][key]
    description = section.model_fields[key].description or ""
    assert documented[1:4] == [kind(schema), bounds(schema), default(schema)]
    assert documented[4].startswith(description)


def test_no_recipe_key_is_documented_that_does_not_exist() -> None:
    documented = sections(read("recipe.md"))
    found = [(heading, key) for heading in RECIPE_SECTIONS for key in rows(documented[heading])]
    assert found == RECIPE_KEYS
    assert [head for head in documented if head.startswith("[")] == list(RECIPE_SECTIONS)


def kind(schema: Mapping[str, Any]) -> str:
    """A JSON schema's type in the words of the documentation."""
    kinds = {"string": "text", "integer": "whole number", "number": "number"}
    kinds["boolean"] = "true or false"
    if schema["type"] == "array":
        return f"list of {kinds[schema['items']['type']]}s"
    return kinds[schema["type"]]


def bounds(schema: Mapping[str, Any]) -> str:
    """A JSON schema's bounds in the words of the documentation."""
    if schema["type"] == "array":
        each = bounds(schema["items"])
        many = f"{schema.get('minItems')} to {schema.get('maxItems')} entries, each "
        return many + each if "minItems" in schema else each
    if "const" in schema or "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    if "pattern" in schema and "minLength" not in schema:
        return f"`{schema['pattern']}`"
    if "maxLength" in schema:
        least = f"{schema['minLength']} to" if "minLength" in schema else "at most"
        return f"{least} {schema['maxLength']} characters"
    if schema["type"] == "boolean":
        return ""
    if "minimum" in schema:
        return f"{schema['minimum']} to {schema['maximum']}"
    below = f"below {schema['exclusiveMaximum']}" if "exclusiveMaximum" in schema else None
    return f"above {schema['exclusiveMinimum']}, {below or 'at most ' + str(schema['maximum'])}"


def default(schema: Mapping[str, Any]) -> str:
    """A JSON schema's default as TOML."""
    return f"`{json.dumps(schema['default'])}`" if "default" in schema else "required"


def test_every_licence_is_documented_with_what_it_permits() -> None:
    uses = ("train", "share", "adapt", "commercial")
    documented: dict[str, set[str]] = {}
    for line in sections(read("recipe.md"))["Licences and uses"].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        permits = {use for use, cell in zip(uses, cells[1:], strict=False) if cell == "✓"}
        documented |= dict.fromkeys(re.findall(r"`([^`]+)`", cells[0]), permits)
    del documented["unknown"], documented["uses = []"]
    assert documented == {license.id: set(license.permits) for license in LICENSES}


@pytest.mark.parametrize("state", State)
def test_every_state_is_documented(state: State) -> None:
    assert state.value in rows(read("curation.md"))


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_documented_with_its_state_and_meaning(reason: Reason) -> None:
    documented = rows(read("curation.md"))[reason.value]
    assert documented[1:] == [reason.state.value, reason.meaning]


def test_no_reason_is_documented_that_does_not_exist() -> None:
    listed = rows(sections(read("curation.md"))["States and reasons"])
    assert set(listed) == {member.value for enum in (State, Reason) for member in enum}


def test_every_fault_is_documented_with_the_hosts_that_show_it() -> None:
    hosts = {"rest": "API", "photo": "photos"}
    documented = rows(sections(read("sandbox.md"))["Faults"])
    found = {name: row[1] for name, row in documented.items() if "=" not in name}
    expected = {
        fault: ", ".join(word for side, word in hosts.items() if side in sides)
        for fault, sides in KINDS.items()
    }
    assert found == expected


def test_every_export_format_is_documented() -> None:
    page = read("exports.md")
    assert set(rows(before(page, "What stands in every export"))) == set(FORMATS)
    assert set(FORMATS) <= set(sections(page))


def test_every_table_of_the_catalog_is_documented() -> None:
    assert set(rows(sections(read("architecture.md"))["The catalog"])) == set(metadata.tables)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_link_within_the_project_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        linked = page.parent / path if path else page
        assert linked.resolve().is_relative_to(ROOT), target
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


def anchors(page: Path) -> set[str]:
    """The names under which a page's headings can be linked to, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_the_readme_names_the_two_commands_to_start_with() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    named = [line.split("#")[0].strip() for line in readme]
    assert {"make demo", "make test"} <= set(named[:40])


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page not in reached:
            reached.add(page)
            links = re.findall(r"\]\(([^)\s#]+\.md)", page.read_text(encoding="utf-8"))
            waiting += [page.parent / link for link in links]
    assert set(PAGES) <= reached


def test_an_example_of_a_recipe_can_be_used() -> None:
    examples = blocks("toml")
    assert len(examples) >= 3
    for page, example in examples:
        assert parse_recipe(example, name_of(page)).labels


def test_an_example_of_json_holds_the_fields_of_its_command() -> None:
    examples = (json.loads(example) for _, example in blocks("json"))
    status, verification, metrics, predictions = examples
    assert sum(status["states"].values()) == sum(status["reasons"].values()) == status["found"]
    assert set(status["reasons"]) <= {reason.value for reason in Reason}
    made = [Checked(c.name, c.title, 0.001, (), 1, "").to_json() for c in CHECKS]
    assert all(entry in made for entry in verification["checks"])
    assert Metrics.from_json(metrics).to_json() == metrics
    assert {"photo", "label", "probability", "probabilities"} == set(predictions[0])


def test_every_check_of_a_release_is_documented_in_its_order() -> None:
    documented = rows(sections(read("releases.md"))["Checking a release"])
    assert list(documented) == [check.name for check in CHECKS]


def test_an_example_in_python_imports_what_exists() -> None:
    examples = blocks("python")
    assert len(examples) >= 2
    for _, example in examples:
        for node in ast.walk(ast.parse(example)):
            if isinstance(node, ast.ImportFrom) and node.module:
                module = importlib.import_module(node.module)
                assert all(hasattr(module, alias.name) for alias in node.names)
