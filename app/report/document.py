"""The page of a printed report: one HTML file that asks nothing of any network, light, and made for paper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from app.answers.provenance import words_of
from app.language import current, t
from app.shapes.answer import Provenance

STYLE = """
@page{size:A4;margin:16mm 14mm 18mm;@bottom-left{content:"FOOT";font:8pt sans-serif;color:#626e7b}
@bottom-right{content:counter(page) " / " counter(pages);font:8pt sans-serif;color:#626e7b}}
*{box-sizing:border-box}
html{color-scheme:light;background:#fff;color:#17202a;font:10pt/1.4 Inter,system-ui,"Segoe UI",Roboto,sans-serif;
font-variant-numeric:tabular-nums;-webkit-print-color-adjust:exact;print-color-adjust:exact}
body{max-width:182mm;margin:0 auto;padding:0 4mm}
@media screen{body{padding:10mm 6mm;max-width:200mm}}
@media print{body{padding:0}}
header{border-bottom:2px solid #17202a;padding-bottom:3mm;margin-bottom:5mm}
h1{font-size:20pt;line-height:1.15;margin:0 0 1mm}
h2{font-size:13pt;margin:7mm 0 2mm;break-after:avoid}
h3{font-size:10.5pt;margin:4mm 0 1mm;break-after:avoid}
p{margin:0 0 2mm}.lead{font-size:12pt}.soft{color:#4a5664}
.sample{border:1px dashed #17202a;padding:0 2mm;font-weight:600}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(40mm,1fr));gap:3mm 4mm;margin:2mm 0}
.figure{border-left:2px solid #dfe4ea;padding-left:2.5mm;break-inside:avoid}
.figure b{display:block;font-size:14pt;font-weight:600}.figure span{display:block;color:#4a5664;font-size:8.5pt}
svg{display:block;width:100%;height:auto;break-inside:avoid;margin:1mm 0 2mm;font-family:inherit}
table{border-collapse:collapse;width:100%;font-size:8.5pt;margin:1mm 0 3mm}
th,td{text-align:left;vertical-align:top;padding:1mm 2mm 1mm 0;border-bottom:1px solid #dfe4ea}
th{color:#4a5664;font-weight:600}thead{display:table-header-group}tr{break-inside:avoid}
td.n,th.n{text-align:right;white-space:nowrap}sup a{color:#0a5fa5;text-decoration:none}
h2+.soft{break-after:avoid}.new{break-before:page}section{break-inside:auto}.keep{break-inside:avoid}
dl{margin:0;display:grid;grid-template-columns:30mm 1fr;font-size:8.5pt}dt{color:#4a5664}
dd{margin:0;overflow-wrap:anywhere}
.critical{color:#b3201d}.warning{color:#a04f00}.watch{color:#756100}
ul{margin:0;padding-left:5mm}sup{font-size:7.5pt;font-weight:400}
.note{break-inside:avoid;margin-bottom:3mm}
"""


class Notes:
    """What the numbers of a report rest on, each told once and numbered in order of appearance."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, Provenance]] = {}

    def cite(self, key: str, title: str, basis: Provenance) -> str:
        """Return the mark that leads to a provenance, which ``key`` tells from the others."""
        self._known.setdefault(key, (title, basis))
        number = list(self._known).index(key) + 1
        label = escape(t("What this rests on: {subject}", subject=title))
        return f'<sup><a href="#rests-{number}" aria-label="{label}">[{number}]</a></sup>'

    def section(self) -> str:
        """Write all of them."""
        rows = [
            f'<div class="note" id="rests-{number}"><h3>[{number}] {escape(title)}</h3>{pairs(words_of(basis))}</div>'
            for number, (title, basis) in enumerate(self._known.values(), 1)
        ]
        return section(t("What these numbers rest on"), "".join(rows), new=True)


@dataclass(frozen=True, kw_only=True)
class Head:
    """What stands at the top of a report, and at the foot of each page."""

    title: str
    headline: str
    lead: str
    about: Mapping[str, str]
    sample: bool
    marks: tuple[str, str] = ("", "")
    """What the headline and the lead rest on."""


def document(head: Head, sections: Sequence[str]) -> str:
    """Write a report."""
    flag = f'<span class="sample">{t("Sample site")}</span> ' if head.sample else ""
    foot = f"Packscope · {head.title}".replace("\\", "").replace('"', "").replace("\n", " ").replace("<", "")
    about = pairs(list(head.about.items()))
    return (
        f'<!DOCTYPE html><html lang="{current()}"><head><meta charset="utf-8">'
        f"<title>{escape(head.title)} · Packscope</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE.replace('FOOT', foot)}</style></head><body>"
        f"<header><h1>{escape(head.title)}</h1>"
        f'<p class="lead">{flag}{escape(head.headline)}{head.marks[0]}</p>'
        f'<p class="soft">{escape(head.lead)}{head.marks[1]}</p>{about}</header>'
        f"<main>{''.join(sections)}</main></body></html>"
    )


def section(title: str, body: str, *, new: bool = False, note: str = "", mark: str = "") -> str:
    """Write a section; ``new`` begins a page with it, ``mark`` leads to what it rests on."""
    said = f'<p class="soft">{escape(note)}</p>' if note else ""
    kind = ' class="new"' if new else ""
    return f"<section{kind}><h2>{escape(title)}{mark}</h2>{said}{body}</section>" if body else ""


def figure(label: str, value: str, note: str = "", mark: str = "") -> str:
    """Write one key figure; ``mark`` leads to what it rests on."""
    small = f"<span>{escape(note)}</span>" if note else ""
    return f'<div class="figure"><span>{escape(label)}{mark}</span><b>{escape(value)}</b>{small}</div>'


def figures(rows: Sequence[str]) -> str:
    """Lay key figures side by side."""
    return f'<div class="figures">{"".join(rows)}</div>'


def pairs(rows: Sequence[tuple[str, str]]) -> str:
    """Write labels with their texts."""
    return f"<dl>{''.join(f'<dt>{escape(label)}</dt><dd>{escape(text)}</dd>' for label, text in rows)}</dl>"


def remarks(texts: Iterable[str]) -> str:
    """Write what to bear in mind, each thing once."""
    rows = "".join(f"<li>{escape(text)}</li>" for text in dict.fromkeys(texts) if text)
    return f'<div class="keep"><h3>{t("Bear in mind")}</h3><ul>{rows}</ul></div>' if rows else ""


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, numeric: Sequence[int] = ()) -> str:
    """Write a table; columns in ``numeric`` are aligned right."""
    kind = [' class="n"' if at in numeric else "" for at in range(len(header))]
    head = "".join(f"<th{kind[at]}>{escape(words)}</th>" for at, words in enumerate(header))
    body = "".join(
        f"<tr>{''.join(f'<td{kind[at]}>{escape(cell)}</td>' for at, cell in enumerate(row))}</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if rows else ""
