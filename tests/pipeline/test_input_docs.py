"""What docs/input.md says of input is what the reader does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pipeline.corpus import cases

PAGE = (Path(__file__).parents[2] / "docs" / "input.md").read_text(encoding="utf-8")
REASONS = sorted({reason for case in cases() for reason in (*case.excluded, *case.noted)} - {"comments"})


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_is_explained(reason):
    assert f"`{reason}`" in PAGE


def test_no_reason_is_explained_that_does_not_occur():
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) <= set(REASONS)
