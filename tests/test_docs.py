"""What is said must exist, and what exists must be said: settings, targets, commands, pages, signals and limits."""

from __future__ import annotations

import re
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from app import factory
from app.cli import cli
from pipeline import site
from pipeline.settings import Settings
from scripts import reference
from scripts.screenshots import SCHEMES, SCREENS, slug
from tests.browser.server import metas
from tests.browser.test_pages import TABS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = ("Overview", "Meter", "Compare", "Battery", "Cells", "Explore", "Data quality")
SECTIONS = [value for value in vars(site).values() if isinstance(value, type) and issubclass(value, BaseModel)]


def doc(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def first_cells(markdown: str) -> dict[str, str]:
    """Key every table row by the code in its first cell."""
    return {match[1]: match[0] for match in re.finditer(r"^\| `([^`]+)`.*$", markdown, re.MULTILINE)}


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def options(command: str) -> set[str]:
    found = typer.main.get_group(cli)
    return {option for param in found.commands[command].params for option in param.opts}


@pytest.mark.parametrize("name", Settings.model_fields)
def test_the_readme_lists_every_setting_with_its_default(name):
    row = first_cells(README)[name.upper()]
    default = Settings.model_fields[name].default

    if default not in (None, PydanticUndefined):
        said = default[0] if isinstance(default, tuple) else default
        assert f"| `{said}` |" in row


def test_the_readme_lists_no_setting_that_does_not_exist():
    said = {name.lower() for name in first_cells(README) if name.isupper()}

    assert said <= set(Settings.model_fields)


def test_the_readme_lists_every_make_target():
    said = {name for row in first_cells(README).values() for name in re.findall(r"`([a-z-]+)`", row.split("|")[1])}

    assert targets() <= said


@pytest.mark.parametrize("path", ["README.md", "CHANGELOG.md", "data/README.md", "docs"])
def test_every_make_command_in_the_docs_exists(path):
    pages = sorted((ROOT / path).glob("*.md")) if (ROOT / path).is_dir() else [ROOT / path]
    said = {
        name for page in pages for name in re.findall(r"(?:`|^|\s)make ([a-z][a-z-]+)(?=`|$)", page.read_text(), re.M)
    }

    assert said <= targets()


@pytest.mark.parametrize("line", re.findall(r"^packscope .*$", README, re.MULTILINE))
def test_every_packscope_command_in_the_readme_exists(line):
    _, command, *words = line.split()

    assert {word for word in words if word.startswith("--")} <= options(command)


def test_the_readme_names_every_command():
    commands = typer.main.get_group(cli).commands

    assert [name for name in commands if f"packscope {name}" not in README] == []


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_the_site_file_page_lists_every_key(section):
    said = first_cells(doc("site-file.md"))

    assert [key for key in section.model_fields if key not in said] == []


def test_the_site_file_page_says_the_defaults_of_the_model():
    said = first_cells(doc("site-file.md"))

    for name, field in site.SohModel.model_fields.items():
        assert said[name].endswith(f"| {field.default:g} |")


def test_the_example_of_a_site_file_is_one():
    example = re.search(r"```toml\n(.*?)```", doc("site-file.md"), re.DOTALL)
    assert example is not None
    path = ROOT / "docs" / "site-file.md"

    parsed = site.Site.model_validate(site.tomllib.loads(example[1]))  # type: ignore[attr-defined]

    assert parsed.source("EV3").chemistry in parsed.chemistries, path


def test_the_readme_says_what_each_page_answers():
    rows = re.findall(r"^\| (\w[\w ]*) \| .*\?", README, re.MULTILINE)

    assert tuple(rows) == PAGES


def test_the_pages_are_those_that_the_readme_names():
    assert tuple(import_module(f"pages.{name}").META.name for name in factory.PAGES) == PAGES


@pytest.mark.parametrize("path", reference.pages(), ids=lambda path: path.name)
def test_the_pages_made_from_tables_in_the_code_are_up_to_date(path):
    assert path.read_text() == reference.pages()[path], "run: make reference"


METHODS = list(reference.methods())
WITHOUT_METHODS = {
    "__init__": "empty",
    "detection": "states what the bench measured",
    "gather": "lays tables out",
    "words": "writes counts",
    "grid": "lays tables out",
    "judge": "asks every rule",
    "limits": "is docs/limits.md",
    "profile": "sums signs up for the naming of faults",
    "ends": "sums signs at both ends of the charge up for the naming of faults",
    "feature_blocks": "reads rows",
}
"""Modules that compute no number of their own, and what they do instead."""


@pytest.mark.parametrize("method", METHODS, ids=lambda one: f"{one.module}.{one.name}")
def test_every_method_gives_formula_units_source_longest_interval_and_weakness(method):
    assert {label for label, told in method.told.items() if told} == set(reference.METHOD_LABELS)


@pytest.mark.parametrize("method", METHODS, ids=lambda one: f"{one.module}.{one.name}")
def test_every_constant_that_a_method_names_exists(method):
    named = set(re.findall(r"``([A-Z][A-Z_]+)``", " ".join(method.told.values())))
    code = "\n".join(path.read_text() for pattern in reference.METHOD_FILES for path in ROOT.glob(pattern))

    assert {name for name in named if not re.search(rf"(?m)^(?:[A-Z_]+, )*{name}\b.* =", code)} == set()


def test_every_module_that_computes_a_number_has_a_method():
    modules = {path.stem for pattern in reference.METHOD_FILES for path in ROOT.glob(pattern)}

    assert modules - {method.module for method in METHODS} == set(WITHOUT_METHODS)


def test_every_link_leads_somewhere():
    pages = [ROOT / "README.md", ROOT / "data" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
        if not (page.parent / target).exists()
    ]

    assert broken == []


def test_the_changelog_keeps_the_order_of_its_versions():
    text = (ROOT / "CHANGELOG.md").read_text()
    versions = re.findall(r"^## \[(\d+)\.(\d+)\.(\d+)\] - \d{4}-\d\d-\d\d$", text, re.MULTILINE)
    numbers = [tuple(map(int, version)) for version in versions]

    assert "## [Unreleased]" in text or versions
    assert all(newer > older for newer, older in pairwise(numbers))


def test_the_gallery_shows_every_page_and_tab_in_every_width_and_theme():
    sheet = (ROOT / "docs/screenshots.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"screenshots/([\w-]+)\.webp", sheet))
    there = {path.stem for path in (ROOT / "docs/screenshots").glob("*.webp")}
    views = {slug(meta.name) for meta in metas()} | {f"cells-{slug(name)}" for name in TABS[1:]}

    assert shown == there
    assert there == {f"{view}-{width}-{scheme}" for view in views for width, _ in SCREENS for scheme in SCHEMES}
