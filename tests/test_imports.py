"""Imports point one way: pages → app → the pipeline's shared leaves; nothing points back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LEAVES = {"contract", "signals", "physics", "site", "settings", "errors"}
COMMANDS = {"build", "sample", "check", "bench", "commands", "report"}
ALLOWED = {
    "dash": ("pages.", "app.components", "app.shell", "app.factory"),
    "plotly": ("app.figures",),
    "flask": ("app.loader", "app.factory", "app.api", "app.wsgi"),
}
"""Who may import what. ``dash`` stands for its component packages too."""
LAYERS = (
    "app.pieces",
    "app.store",
    "app.handle",
    "app.edges",
    "app.query",
    "app.lines",
    "app.loader",
    "app.answers",
    "app.api",
    "app.factory",
    "app.cli",
    "app.command",
)
"""The reading side, from the store outwards: a module imports only what stands left of it."""


@cache
def modules() -> dict[str, ast.Module]:
    paths = [path for folder in ("app", "pages", "pipeline") for path in sorted((ROOT / folder).rglob("*.py"))]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in paths]
    return {name: ast.parse(path.read_text()) for name, path in zip(names, paths, strict=True)}


def imports(tree: ast.Module) -> Iterator[str]:
    """Name every module that is imported when the code runs; imports for type checkers alone do not count."""
    for_types = {id(node) for block in ast.walk(tree) if _is_type_checking(block) for node in ast.walk(block)}
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def offences(name: str, imported: str) -> Iterator[str]:
    top, _, rest = imported.partition(".")
    if name.startswith("pipeline") and top in ("app", "pages"):
        yield "the pipeline knows nothing of the app"
    if top == "pages" and name != "app.factory" and not name.startswith("pages"):
        yield "only the factory imports pages"
    if name.startswith(("app.", "pages.")) and top == "pipeline" and rest:
        allowed = LEAVES | (COMMANDS if name in ("app.cli", "app.launch", "app.bench") else set())
        allowed |= {"collector"} if name == "app.command" else set()
        allowed |= {"simulation", "report"} if name.startswith("app.truthbench") else set()
        if rest.split(".")[0] not in allowed:
            yield "of the pipeline, the app imports the shared leaves alone"
    for library, places in ALLOWED.items():
        if top.startswith(library) and not top.startswith("flask_") and not name.startswith(places):
            yield f"{library} belongs in {', '.join(places)}"
    own, other = (_layer(one) for one in (name, imported))
    if own is not None and other is not None and other > own:
        yield f"{LAYERS[own]} stands left of {LAYERS[other]}"


def _layer(name: str) -> int | None:
    return next((index for index, layer in enumerate(LAYERS) if name == layer or name.startswith(f"{layer}.")), None)


@pytest.mark.parametrize("name", modules())
def test_imports_point_one_way(name):
    tree = modules()[name]
    found = [f"{imported}: {why}" for imported in imports(tree) for why in offences(name, imported)]

    assert found == []


@pytest.mark.parametrize("name", modules())
def test_only_the_settings_read_the_environment(name):
    tree = modules()[name]
    reads = {
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv", "os.putenv")
    }

    assert not reads or name == "pipeline.settings"


def test_the_walk_sees_a_planted_offence():
    planted = ast.parse("def f():\n    from pages import meter\n\nimport dash")
    found = [why for imported in imports(planted) for why in offences("app.query", imported)]

    assert len(found) == 3  # pages, pages.meter and dash


def test_app_and_pages_import_nothing_by_being_imported():
    assert [(ROOT / folder / "__init__.py").read_text() for folder in ("app", "pages")] == ["", ""]
