"""Several strings logged into one folder: each becomes a system of its own, so that no current is laid to other cells.

A string is what one battery management system (BMS) watches: ``bms2_c`` flows through the cells ``bms2_p1_v1`` and on,
never through those of ``bms1``. Everything that is computed of a system takes it for one string.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_OF_BMS = re.compile(r"bms(\d+)_.+")
_OF_STRING = re.compile(r"bms(\d+)_(?:p\d+_[vt]\d+|c|v|soc)")
"""Signals that make a string: its cells, current, voltage or charge."""
_OF_CONVERTER = re.compile(r"pcs(\d+)_.+")


def string_names(name: str, signals: Sequence[str]) -> dict[str, str]:
    """Say which system each signal of a folder belongs to.

    Parameters
    ----------
    name : str
        Of the folder.
    signals : sequence of str
        All that it holds.

    Returns
    -------
    dict
        From signal to the name of its system: all of them ``name`` where there is one string. Of several, each is
        ``<name>-bms<number>``, with the converter of the same number where each has one; what they share (a common
        converter, cooling, fire alarm, auxiliaries) stays with ``name``.
    """
    strings = {found[1] for signal in signals if (found := _OF_STRING.fullmatch(signal))}
    if len(strings) < 2:
        return dict.fromkeys(signals, name)
    converters = {found[1] for signal in signals if (found := _OF_CONVERTER.fullmatch(signal))}
    patterns = (_OF_BMS, _OF_CONVERTER) if converters == strings else (_OF_BMS,)
    return {signal: _owner(name, signal, patterns) for signal in signals}


def _owner(name: str, signal: str, patterns: Sequence[re.Pattern[str]]) -> str:
    found = next((one for pattern in patterns if (one := pattern.fullmatch(signal))), None)
    return name if found is None else f"{name}-bms{found[1]}"


def several_words(name: str, systems: Sequence[str]) -> str:
    """Say that a folder holds several strings, and what each is called."""
    own = [one for one in systems if one != name]
    shared = f"; what they share is shown as {name}" if name in systems else ""
    return f"it holds {len(own)} strings; each is shown as a system of its own: {', '.join(own)}{shared}"
