"""Write docs/signals.md, docs/limits.md and the methods of docs/methods.md from the code: ``make reference``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from app.analytics.limits import LIMITS, Limit
from pipeline.signals import CATALOGUE, Signal

DOCS = Path(__file__).parents[1] / "docs"
SIGNALS = """# Signals

Every signal that is known, first match wins; `*` stands for a number. Any other name is kept as well: as an analog
signal without a unit, listed as unknown. A `site.toml` can say more of it, or correct what stands here:
[site-file.md](site-file.md). Readings outside the plausible range, and the values that stand for "no reading", are
left out and counted; the range is wide on purpose, because readings just outside the *normal* range are the ones that
matter.

The kind decides how a level sums a signal up: **analog** and **state** keep mean, minimum, maximum, first, last and
count (cell voltages also the 1st and 99th percentile); a **counter** is differenced reading by reading, then summed; a
**flag** keeps its maximum, its rising edges and its seconds on, and is never averaged.

| name | what it is | unit | kind | plausible | means "no reading" |
|---|---|---|---|---|---|
"""


def readable(pattern: str) -> str:
    """Write a pattern as a name with places to fill in, such as ``bms*_p{pack}_v{cell}``."""
    named = re.sub(r"\(\?P<(\w+)>\\d\+\)", r"{\1}", pattern)
    chosen = re.sub(r"\(\?:([^)]*)\)", lambda match: "{" + match[1].replace("|", ",") + "}", named)
    return chosen.replace(r"\d+", "*")


LIMITS_PAGE = """# Limits

Every limit that a verdict compares with. A site replaces values by name under `[thresholds]` in its `site.toml`
([site-file.md](site-file.md)); a name that does not exist is an error. [methods.md](methods.md) says what each rule
does.

| name | value | unit | meaning | source |
|---|---|---|---|---|
"""


def signal_row(signal: Signal) -> str:
    """Write one signal's row."""
    low, high = signal.plausible
    plausible = "any" if abs(low) >= 1e9 and abs(high) >= 1e9 else f"{low:,.10g} to {high:,.10g}".replace("-", "−")
    sentinels = ", ".join(f"{value:g}".replace("-", "−") for value in signal.sentinels)
    label = signal.label.format(pack="{pack}", cell="{cell}")
    return _row(f"`{readable(signal.pattern)}`", label, signal.unit, signal.kind.value, plausible, sentinels)


def limit_row(limit: Limit) -> str:
    """Write one limit's row."""
    return _row(f"`{limit.name}`", f"{limit.value:g}", limit.unit, limit.meaning, limit.source)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


ANALYTICS = Path(__file__).parents[1] / "app" / "analytics"
METHODS_MARK = "<!-- methods: written by `make reference` from the docstrings -->"
METHODS = f"""{METHODS_MARK}
## Every method, as its code says it

What each function of `app/analytics` that computes a verdict or a number says of itself: its formula, and as far as
they apply its units, its source, the longest sampling interval that it accepts, and its known weakness.

| method | what it does | formula, units, source, interval, weakness |
|---|---|---|
"""
METHOD_WORDS = ("Formula:", "Units:", "Source:", "Longest sampling interval:", "Weakness:", "Accepts")
"""How a paragraph begins, or goes on, that tells of a method."""


def method_rows() -> Iterator[str]:
    """Write a row for each function whose docstring gives a formula."""
    for path in sorted(ANALYTICS.glob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if not isinstance(node, ast.FunctionDef):
                continue
            said = ast.get_docstring(node) or ""
            if "Formula:" in said:
                summary, *paragraphs = [" ".join(part.split()) for part in said.split("\n\n")]
                told = [part for part in paragraphs if any(word in part for word in METHOD_WORDS)]
                body = " ".join(part.removeprefix("Notes -----").strip() for part in told).replace("|", "\\|")
                yield _row(f"`{path.stem}.{node.name}`", summary, body)


def methods_page() -> str:
    """Keep what is written by hand, and write the methods below it anew."""
    by_hand, _, _ = (DOCS / "methods.md").read_text().partition(METHODS_MARK)
    return f"{by_hand.rstrip()}\n\n{METHODS}{''.join(method_rows())}"


def pages() -> dict[Path, str]:
    """Write every page."""
    return {
        DOCS / "signals.md": SIGNALS + "".join(signal_row(signal) for signal in CATALOGUE),
        DOCS / "limits.md": LIMITS_PAGE + "".join(limit_row(limit) for limit in LIMITS),
        DOCS / "methods.md": methods_page(),
    }


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text)
