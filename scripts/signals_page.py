"""Write docs/signals.md from the catalogue: ``python -m scripts.signals_page``. A test sees that it is up to date."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.signals import CATALOGUE, Signal

PAGE = Path(__file__).parents[1] / "docs" / "signals.md"
HEAD = """# Signals

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


def row(signal: Signal) -> str:
    """Write one signal's row."""
    low, high = signal.plausible
    plausible = "any" if abs(low) >= 1e9 and abs(high) >= 1e9 else f"{low:,.10g} to {high:,.10g}".replace("-", "−")
    sentinels = ", ".join(f"{value:g}".replace("-", "−") for value in signal.sentinels)
    label = signal.label.format(pack="{pack}", cell="{cell}")
    cells = (f"`{readable(signal.pattern)}`", label, signal.unit, signal.kind.value, plausible, sentinels)
    return f"| {' | '.join(cells)} |\n"


def page() -> str:
    """Write the whole page."""
    return HEAD + "".join(row(signal) for signal in CATALOGUE)


if __name__ == "__main__":
    PAGE.write_text(page())
