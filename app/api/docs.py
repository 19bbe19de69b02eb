"""The API's docs as one page without scripts, made from the same table as everything else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields
from html import escape
from urllib.parse import quote, urlencode

from app import loader
from app.answers.sources import list_sources
from app.api import files
from app.api.openapi import INTRODUCTION
from app.api.parameters import Parameter
from app.api.route import Route
from app.api.schemas import descriptions
from app.shapes.answer import Provenance
from pipeline.errors import PackscopeError

_STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#5b6570;--line:#dfe3e8;--back:#fff;--code:#f4f6f8;--link:#0b62c4}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ed;--soft:#9aa4af;--line:#2e353d;--back:#14181d;--code:#1d232a;
--link:#6cb0ff}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--back);margin:0 auto;max-width:60rem;
padding:2rem 1rem}
h1{margin-top:0}h2{margin-top:2.5rem;font-size:1.1rem}p{max-width:46rem}a{color:var(--link)}
code{font-family:ui-monospace,monospace;font-size:.9em;background:var(--code);padding:.1em .3em;border-radius:3px;
overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1rem}
th,td{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:600}td:first-child{white-space:nowrap}
"""


def page(routes: Sequence[Route], prefix: str) -> str:
    """Write the page.

    Parameters
    ----------
    routes : sequence of Route
        The paths that answer questions.
    prefix : str
        What stands before every path.
    """
    known = _places()
    index = "".join(f'<li><a href="#{_anchor(one)}">{escape(one.title)}</a></li>' for one in routes)
    index += f'<li><a href="#export">{escape(files.TITLE)}</a></li>'
    body = "".join(_section(route, prefix, known) for route in routes) + _files(prefix)
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Packscope API</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        "<body><main>"
        f"<h1>Packscope API</h1><p>{_prose(INTRODUCTION)}</p>"
        f"<p>Version {escape(loader.VERSION)}. The same for programs: "
        f'<a href="{prefix}/openapi.json">OpenAPI</a>. About the server: <a href="{prefix}/health">health</a>, '
        f'<a href="{prefix}/ready">ready</a>, <a href="{prefix}/metrics">metrics</a>. '
        f'<a href="/">Back to the dashboard</a>.</p><ul>{index}</ul>{body}</main></body></html>'
    )


def _prose(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _anchor(route: Route) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", route.path))


def _section(route: Route, prefix: str, known: dict[str, str]) -> str:
    given = _table(("Parameter", "", "Meaning"), _parameters(route.parameters))
    answered = _table(("Key", "Meaning"), _keys(route))
    return (
        f'<section><h2 id="{_anchor(route)}"><code>GET {escape(prefix + route.path)}</code></h2>'
        f"<p><strong>{escape(route.title)}.</strong> {escape(route.description)}</p>"
        f"{_example(route, prefix, known)}{given}{answered}</section>"
    )


def _files(prefix: str) -> str:
    given = _table(("Parameter", "", "Meaning"), _parameters(files.PARAMETERS))
    return (
        f'<section><h2 id="export"><code>GET {prefix}/export</code></h2>'
        f"<p><strong>{escape(files.TITLE)}.</strong> {escape(files.DESCRIPTION)}</p>{given}</section>"
    )


def _parameters(parameters: Sequence[Parameter]) -> Iterator[tuple[str, ...]]:
    for one in parameters:
        words = [str(word) for word in one.schema.get("enum", ())]
        allowed = f" One of {', '.join(words)}." if words else ""
        default = f" By default {one.default}." if words and one.default is not None else ""
        yield (
            f"<code>{one.name}</code>",
            "required" if one.required else "",
            escape(f"{one.description}{allowed}{default}"),
        )


def _keys(route: Route) -> Iterator[tuple[str, ...]]:
    if isinstance(route.shape, type):
        told = descriptions(route.shape)
        for one in fields(route.shape):
            yield f"<code>{one.name}</code>", _prose(told.get(one.name, ""))
    else:
        for name, text in route.shape.items():
            yield f"<code>{name}</code>", escape(text)
    yield "<code>provenance</code>", f"What the answer rests on: {', '.join(one.name for one in fields(Provenance))}"


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    titles = "".join(f'<th scope="col">{one}</th>' for one in head)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>" if body else ""


def _places() -> dict[str, str]:
    """Choose a meter, a system, a pack and a signal of this store, for examples that work."""
    try:
        rows = list_sources()
    except PackscopeError:
        return {}
    found: dict[str, str] = {}
    for row in rows:
        found.setdefault("source", row["name"])
        found.setdefault("signal", row["signals"][0] if row["signals"] else "")
        found.setdefault("meter" if row["kind"] == "meter" else "system", row["name"])
        if row["packs"] and "pack" not in found and found.get("system") == row["name"]:
            found["pack"] = str(row["packs"][0]["pack"])
            found["cell"] = str(next(iter(row["packs"][0]["cell_ids"]), 1))
    return found


def _example(route: Route, prefix: str, known: dict[str, str]) -> str:
    needed = re.findall(r"\{(\w+)\}", route.path)
    if any(name not in known for name in needed):
        return ""
    path = prefix + route.path
    for name in needed:
        path = path.replace(f"{{{name}}}", quote(known[name]))
    query = {name: known.get(name, said) for name, said in route.example.items()}
    address = f"{path}?{urlencode(query)}" if query else path
    return f'<p>Example: <a href="{escape(address)}"><code>{escape(address)}</code></a></p>'
