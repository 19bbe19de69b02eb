"""Excursions: single readings that stand out, and readings outside the safe range. They are never averaged away."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from app.analytics.limits import Limit
from app.analytics.signs import WARNING, WATCH, Sign

AMBIGUOUS_MOST = 2
"""A cell that stands out alone more often than this where its string's state may explain it is weak, not spiking."""
RARE_CELLS = 5
"""An ambiguous reading is a warning where no more cells of the string have one [cells]."""
RESOLVED = 0.95
"""Share of the limit from which a reading counts: what it resolves is not held against the finding [1]."""
EXTRACTED = {"voltage_spike": ("excursion_mv", "excursion_steady_mv", 0.100, 0.001),
             "temperature_spike": ("excursion_k", "excursion_steady_k", 10.0, 1.0)}  # fmt: skip
"""Of each kind: the limit everywhere and where the string is steady; what is extracted everywhere [V, K]; its unit."""
FAR_EXCURSION = 3.0
"""An ambiguous reading this many limits away cannot be explained by the string's state [1]."""
EXCURSION_KINDS = frozenset({"voltage_spike", "temperature_spike"})
"""Single readings; every other kind is a reading outside the safe range."""
TOGETHER_CELLS = 8
"""So many cells outside the safe range on one day are out because of what the string does [cells] ..."""
FAR_TOGETHER, LEAST_FAR = 3.0, {"V": 0.02, "°C": 3.0}
"""... but for one that is out by more than this times what is usual among them, and by more than this [1; V, K]."""


def shared_rows(events: pl.DataFrame) -> pl.Series:
    """Tell the rows of cells that were outside the safe range on a day on which many were, and no further than those.

    A charge that ends too high for the string's spread, or a hot room, is named as such: one finding on the system, and
    a warning of each cell that says what it is and ranks below what is a cell's own.
    """
    day = [pl.col("kind"), pl.col("ts").dt.truncate("1d")]
    beyond = (pl.col("value") - pl.col("limit")).abs()
    least = pl.when(pl.col("kind").str.contains("temperature")).then(LEAST_FAR["°C"]).otherwise(LEAST_FAR["V"])
    is_range = ~pl.col("kind").is_in(EXCURSION_KINDS) & pl.col("pack").is_not_null()
    many = pl.struct("pack", "cell").n_unique().over(day) >= TOGETHER_CELLS
    is_far = beyond > pl.max_horizontal(FAR_TOGETHER * beyond.median().over(day), least)
    return events.select((is_range & many & ~is_far).fill_null(value=False).alias("shared"))["shared"]


def excursion_signs(
    events: pl.DataFrame,
    by_cell: Mapping[tuple[int, int], list[Sign]],
    beside: Callable[[int, int], int],
    limits: Mapping[str, Limit],
    is_weak: Callable[[int, int], bool] = lambda pack, cell: False,
) -> list[tuple[tuple[int, int], Sign]]:
    """Turn single readings and readings outside the safe range into signs: for ever, whatever has happened since.

    Formula: a single residual beyond the limits of docs/limits.md, or any reading outside the safe range: a warning,
    for ever. Units: mV, K, V, °C. Source: design limits 100 mV and 10 K; safe range of the chemistry or of
    ``site.toml``. Longest sampling interval: any; finer is better, since what lies between two readings is not seen.
    Weakness: a single reading is as likely the sensor's as the cell's, which the text says.

    Parameters
    ----------
    events : DataFrame
        Table ``excursions`` of the whole history; rows of the string as a whole are left to the system.
    by_cell : mapping
        What other rules have found, by pack and cell.
    beside : callable
        Names the cell beside a sensor, given pack and sensor.
    is_weak : callable
        Whether a cell, given pack and number, lacks charge near empty: then its sagging there for a reading is no news.
    limits : mapping
        The table of limits; a site may raise those of single readings: what is extracted is no smaller.

    Returns
    -------
    list of ((pack, cell), Sign)
    """
    found = []
    least = pl.coalesce(
        *(pl.when(pl.col("kind") == kind).then(_least(kind, limits)) for kind in EXTRACTED), pl.col("limit")
    )
    small = pl.col("kind").is_in(EXCURSION_KINDS) & (_jump() < RESOLVED * least)
    own = events.with_columns(least.alias("limit"), shared_rows(events))
    own = own.filter(pl.col("pack").is_not_null() & ~small.fill_null(value=False))
    doubtful = own.filter(pl.col("kind").is_in(EXCURSION_KINDS) & pl.col("ambiguous")).select("pack", "cell").n_unique()
    for (kind, pack, number), rows in sorted(own.partition_by("kind", "pack", "cell", as_dict=True).items()):
        key = int(pack), beside(int(pack), int(number)) if "temperature" in str(kind) else int(number)
        sign = _excursion_sign(
            str(kind),
            int(pack),
            int(number),
            rows,
            has_other=key in by_cell,
            is_rare=doubtful <= RARE_CELLS and not is_weak(*key),
        )
        if sign is not None:
            found.append((key, sign))
    return found


def _least(kind: str, limits: Mapping[str, Limit]) -> pl.Expr:
    """Return what a single reading has to exceed: what it was extracted by, or what the site has raised that to."""
    everywhere, steady, extracted, unit = EXTRACTED[kind]
    raised = max(limits[everywhere].value * unit / extracted, 1.0)
    return raised * pl.max_horizontal(pl.col("limit"), pl.lit(limits[steady].value * unit))


def _jump() -> pl.Expr:
    """Return how far a reading is from its cell's own residual before and after, the nearer of the two."""
    aside = [(pl.col("residual") - pl.col(side)).abs() for side in ("before", "after")]
    return pl.min_horizontal(*aside)


def _excursion_sign(
    kind: str, pack: int, number: int, rows: pl.DataFrame, *, has_other: bool, is_rare: bool
) -> Sign | None:
    is_spike = kind in EXCURSION_KINDS
    scale = 1000.0 if kind == "voltage_spike" else 1.0
    clear = rows
    severity, is_shared = WARNING, bool(rows["shared"].all())
    if is_spike:
        far = _jump() > FAR_EXCURSION * pl.col("limit")
        clear = rows.filter(~pl.col("ambiguous") | far)
        doubtful = rows.height - clear.height
        if clear.height == 0 and (doubtful > AMBIGUOUS_MOST or has_other):
            return None
        if clear.height <= doubtful and rows.height > AMBIGUOUS_MOST and has_other:
            return None
        if clear.height == 0:
            clear, severity = rows, WARNING if is_rare else WATCH
    by_size = clear.with_columns(pl.col("residual").abs().alias("size")).sort("size", descending=True)
    size = by_size.row(0, named=True)
    unit = "mV" if kind == "voltage_spike" else "K" if kind == "temperature_spike" else unit_of(kind)
    value = float(size["residual"]) * scale if is_spike else float(size["value"])
    at_ms = int(by_size["ts"].to_physical()[0])
    samples = int(clear["samples"].sum())
    return Sign(
        rule="excursion" if is_spike else "safe_range",
        pack=pack,
        number=number,
        value=value,
        limit=float(size["limit"]) * scale,
        unit=unit,
        severity=severity,
        at_ms=at_ms,
        z=None,
        count=samples,
        text=_excursion_text(kind, float(size["value"]), value, unit, samples, is_shared=is_shared),
        of_sensor="temperature" in kind,
        regime=kind,
    )


def unit_of(kind: str) -> str:
    """Name the unit of an event's reading."""
    return "°C" if "temperature" in kind else "V"


def _excursion_text(kind: str, reading: float, value: float, unit: str, samples: int, *, is_shared: bool) -> str:
    times = "one reading" if samples == 1 else f"{samples} readings"
    if kind in EXCURSION_KINDS:
        raw = f"{reading:.3f} V" if unit == "mV" else f"{reading:.1f} °C"
        return f"{raw} in {times}: {value:+.0f} {unit} from the string, and unlike the readings before and after."
    if is_shared:
        return f"{value:.3f} {unit}, outside the safe range, in {times}, with many cells at once: what the string does."
    return f"{value:.3f} {unit}, outside the safe range, in {times}."
