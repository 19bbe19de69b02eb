"""Finished markup: the same elements, as fewer components."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component
from hypothesis import given
from hypothesis import strategies as st

from app.components import kpi, provenance
from app.components_flat import VOID, Flat, flatten

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=12)


def read(markup: str) -> list[Any]:
    """Read markup as a browser does: tags with their attributes, and texts."""
    found: list[Any] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.append(("<", tag, dict(attrs)))

        def handle_endtag(self, tag):
            found.append((">", tag))

        def handle_data(self, data):
            if found and isinstance(found[-1], str):
                found[-1] += data
            else:
                found.append(data)

    reader = Reader(convert_charrefs=True)
    reader.feed(markup)
    reader.close()
    return found


def texts(part: Any) -> list[str]:
    if isinstance(part, Flat):
        inner = part.to_plotly_json()["props"]["inner"]
        return [one for one in read(inner) if isinstance(one, str)]
    if isinstance(part, Component):
        return texts(getattr(part, "children", None))
    if isinstance(part, list | tuple):
        return [one for each in part for one in texts(each)]
    return [] if part is None or part == "" else [str(part)]


def count(part: Any) -> int:
    if isinstance(part, list | tuple):
        return sum(map(count, part))
    return 1 + count(getattr(part, "children", None)) if isinstance(part, Component) else 0


TREES = st.recursive(
    st.one_of(
        WORDS,
        st.builds(lambda text: html.Span(text, id="heard"), WORDS),
        st.builds(lambda text: dcc.Link(text, href="/cells?pack=2&cell=17"), WORDS),
    ),
    lambda below: st.builds(lambda children: html.Div(children, className="ps-a"), st.lists(below, max_size=3)),
    max_leaves=12,
)


@given(TREES)
def test_no_word_is_lost_and_no_component_is_added(tree):
    flat = flatten(tree)

    assert "".join(texts(flat)) == "".join(texts(tree))
    assert count(flat) <= count(tree)


@given(WORDS, WORDS)
def test_a_browser_reads_the_words_and_attributes_that_were_written(text, title):
    flat = flatten(html.Div([html.P(html.B(text), title=title, hidden=True), html.Br()]))

    opened = read(flat.inner)
    assert opened[0] == ("<", "p", {"title": title, "hidden": None})
    assert [one for one in opened if isinstance(one, str)] == ([text] if text else [])
    assert "br" in VOID
    assert opened[-1] == ("<", "br", {})


def test_what_something_may_listen_to_stays_a_component():
    heard = html.Div(id="heard")
    flat = flatten(html.Div([html.P(html.B("still")), heard, dcc.Store(id="kept")]))

    assert [type(one).__name__ for one in flat.children] == ["Flat", "Div", "Store"]
    assert flat.children[1] is heard


def test_the_tree_that_was_given_is_left_as_it_was():
    inner = html.P(html.B("still"))
    tree = html.Div([inner, html.Div(id="heard")])
    flatten(tree)

    assert tree.children[0] is inner


def test_a_tile_a_mark_and_a_list_of_figures_are_one_component_each():
    figures = html.Dl(html.Div([html.Dt("a"), html.Dd("1.5")]), className="ps-figures")
    parts = flatten(
        [kpi("SOH", "98 %", question="soh_measured"), provenance({"level": "raw"}, question="quality"), figures]
    )

    assert [type(one) for one in parts] == [Flat, Flat, Flat]
    assert "<dd>1.5</dd>" in parts[2].inner


def test_an_address_within_the_application_is_marked_as_one():
    flat = flatten(html.P([html.B("see"), dcc.Link("its cells", href="/cells?pack=2&cell=17")]))

    assert ("<", "a", {"href": "/cells?pack=2&cell=17", "data-link": "true"}) in read(flat.inner)


def test_styles_and_aria_are_written_as_a_browser_reads_them():
    flat = flatten(html.Div(html.Span("x", style={"backgroundColor": "#fff"}, **{"aria-hidden": "true"})))

    assert flat.inner == '<span style="background-color:#fff" aria-hidden="true">x</span>'


def test_figures_and_rows_pass_through():
    rows = [{"a": 1}]

    assert flatten(({"data": []}, rows, "words", None)) == ({"data": []}, rows, "words", None)
