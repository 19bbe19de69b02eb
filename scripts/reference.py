"""Write docs/signals.md, docs/limits.md and the methods of docs/methods.md from the code: ``make reference``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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


ROOT = Path(__file__).parents[1]
METHOD_FILES = ("app/analytics/*.py", "pipeline/feature_*.py", "pipeline/counters.py", "pipeline/physics.py")
METHODS_MARK = "<!-- methods: written by `make reference` from the docstrings -->"
METHOD_LABELS = ("Formula", "Units", "Source", "Longest sampling interval", "Weakness")
"""What a method's docstring says of it, in this order; each begins with its label and a colon."""
METHODS = f"""{METHODS_MARK}
## Every method, as its code says it

What each function of `app/analytics` and of the build that computes a number or a verdict says of itself. Names in
small type are constants and functions of the code. Of the sampling interval, "any" means that the method does not
depend on it; where a constant is named, slower loggers get a reason instead of a number; elsewhere it is the slowest
interval that the method was tested with.

| method | what it does | formula | units | source | longest sampling interval | weakness |
|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Method:
    """What a function that computes a number says of itself."""

    module: str
    name: str
    summary: str
    told: Mapping[str, str]
    """By label, of `METHOD_LABELS`; those that its docstring lacks are absent."""


def methods() -> Iterator[Method]:
    """Find every function whose docstring gives a formula."""
    for path in sorted(path for pattern in METHOD_FILES for path in ROOT.glob(pattern)):
        for node in ast.parse(path.read_text()).body:
            said = ast.get_docstring(node) or "" if isinstance(node, ast.FunctionDef) else ""
            if isinstance(node, ast.FunctionDef) and "Formula:" in said:
                yield Method(path.stem, node.name.lstrip("_"), " ".join(said.split("\n\n")[0].split()), _told(said))


def _told(said: str) -> dict[str, str]:
    """Take a docstring's labelled sentences apart; they end with the paragraph of the last one."""
    labels = "|".join(METHOD_LABELS)
    text = " ".join(" ".join(part.split()) for part in said.split("\n\n") if re.search(rf"\b(?:{labels}):", part))
    _, *pieces = re.split(rf"\b({labels}):\s*", text)
    return {label: told.strip().removesuffix(".") for label, told in zip(pieces[::2], pieces[1::2], strict=True)}


def method_row(one: Method) -> str:
    """Write one method's row."""
    told = [one.told.get(label, "") for label in METHOD_LABELS]
    return _row(
        f"`{one.module}.{one.name}`", one.summary, *(text.replace("|", "\\|").replace("``", "`") for text in told)
    )


def methods_page() -> str:
    """Keep what is written by hand, and write the methods below it anew."""
    by_hand, _, _ = (DOCS / "methods.md").read_text().partition(METHODS_MARK)
    return f"{by_hand.rstrip()}\n\n{METHODS}{''.join(map(method_row, methods()))}"


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
