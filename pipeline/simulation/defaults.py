"""What the sample site is like where nothing else is asked for."""

from __future__ import annotations

DEFAULT_DAYS = 180.0
DEFAULT_STEP_S = 900
DEFAULT_SEED = 7
