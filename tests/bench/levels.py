"""A build without feature tables, to measure what the levels alone cost: ``python -m tests.bench.levels build …``."""

from __future__ import annotations

from unittest.mock import patch

from pipeline import course
from pipeline.commands import commands, run

if __name__ == "__main__":
    with patch.object(course, "is_battery", return_value=False):
        run(commands, "python -m tests.bench.levels")
