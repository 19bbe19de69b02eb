"""What the pieces of a page are given: ids, content, and what the shell needs to know of a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dash.development.base_component import Component

Identity = str | dict[str, str]
Content = str | Component | Sequence[str | Component]
What = Literal["none", "system", "pack", "meter", "source"]


@dataclass(frozen=True, kw_only=True)
class PageMeta:
    """What the shell needs to know of a page."""

    path: str
    name: str
    icon: str
    """Name of a symbol in ``assets/icons``."""
    what: What = "none"
    """What the top bar lets the user choose."""


def aria(**said: str) -> dict[str, Any]:
    """Write ARIA attributes for a component: ``**aria(label="Packs")``."""
    return {f"aria-{name}": value for name, value in said.items()}
