"""Which cells limit a string, what that costs, and which lose charge by themselves."""

from __future__ import annotations

import numpy as np

from app import loader
from app.analytics import ledger as book
from app.analytics import selfdischarge
from app.analytics.cycles import days_between
from app.analytics.grid import Floats, Grid, Ints, lay_out
from app.analytics.ledger import USUAL_BALANCING_A, CycleRow, End, Ledger, Limiting
from app.analytics.selfdischarge import Leak, SelfDischarge
from app.answers.evidence import SystemEvidence, evidence_of
from app.errors import BadParameter
from app.language import mark
from app.shapes.answer import Interval
from app.shapes.limiting import CellLeak, LeakAnswer, LedgerAnswer, LedgerCycle, LimitingCell, LimitingEnd
from pipeline import physics

NO_ENDS = "The string was never seen full or empty in this window: no cell limited it."
BALANCING_HIDES = (
    "Passive balancing bleeds the other cells towards one that leaks, and hides it up to the balancing current times "
    "the share of time that it works."
)
READ_AT = {"low_pct": "discharge_end", "bot_pct": "discharge_end", "top": "charge_end"}


@loader.memoised
def ledger(
    system: str,
    start_ms: int | None = None,
    end_ms: int | None = None,
    *,
    balancing_a: float = USUAL_BALANCING_A,
) -> LedgerAnswer:
    """Answer which cell ended each charge and discharge of a window, and what that kept out of use.

    Parameters
    ----------
    system : str
        Name of a battery system.
    start_ms, end_ms : int, optional
        Half-open window [epoch ms UTC]; the whole history where None.
    balancing_a : float
        Balancing current that the hours are given at [A].

    Raises
    ------
    UnknownSource, BadParameter
        There is no such system; the end is before the start; the current is not above 0.
    """
    if start_ms is not None and end_ms is not None and end_ms < start_ms:
        raise BadParameter("end", end_ms, "it must not be before start")
    if balancing_a <= 0:
        raise BadParameter("balancing_a", balancing_a, "it must be above 0")
    evidence = evidence_of(system)
    anchors = days_between(evidence.table("anchors"), start_ms, end_ms, whole_days=False)
    kept = book.keep_ledger(anchors, evidence.cells, _capacity_ah(evidence), _string_v(evidence), _leads(system))
    return LedgerAnswer(
        build_id=loader.current().build_id,
        level=None,
        coverage=None,
        reason=(" ".join(_untold(kept, evidence)) or None) if kept.limiting else _why_none(evidence),
        untold=_untold(kept, evidence) if kept.limiting else (),
        cycles=tuple(_cycle(row, evidence) for row in kept.cycles),
        limiting=tuple(_limiting(one, evidence) for one in kept.limiting),
        lost_ah=_rounded(kept.lost_ah, 2),
        lost_kwh=_rounded(kept.lost_kwh, 3),
        balancing_ah=_rounded(kept.balancing_ah, 2),
        balancing_hours=_rounded(kept.balancing_hours(balancing_a), 1),
        balancing_a=balancing_a,
        cells=len(evidence.cells.numbers),
        notes=_notes(kept),
    )


NEAR_TRUTH = mark(
    "Offsets at the charge end are read on the curve that the string itself showed while it charged, at the discharge "
    "end on the open-circuit curve: on simulated strings within 25 % of the truth."
)
LEVEL_MEANS = mark(
    "Level means the fullest and the emptiest cell alike at the charge end; balancing does not mend a cell of low "
    "capacity."
)
UNTOLD = {
    book.NO_LEADS: mark("How much charge lies between the cells at the charge end is not told."),
    book.LAGGARD: mark(
        "A cell does not get near full when the string does and may lag by any charge: hours of balancing are not told."
    ),
    book.NO_CAPACITY: mark("The capacity is not known: no charge in ampere-hours at the discharge end."),
    book.NO_EMPTY: mark(
        "No full charge of this period was followed within three days by a discharge to the lower end."
    ),
}
"""What the ledger says where it refuses a charge."""
NO_CURVE = {
    physics.TOO_FEW: mark("Too few charges of the first month got the string full to learn its curve there."),
    physics.TOO_SLOW: mark(
        "The logger is too slow for the charge that goes in there: it takes readings at least every 5 min or so."
    ),
    physics.NO_CURVE: mark("The first month's charges do not follow one curve."),
}
"""Why a string's curve at the charge end could not be learned, by what its note begins with."""


def _why_none(evidence: SystemEvidence) -> str:
    said = " ".join(evidence.source.notes)
    return f"{NO_ENDS} {said}".strip()


def _untold(kept: Ledger, evidence: SystemEvidence) -> tuple[str, ...]:
    """Say, a sentence each, why charge lost or hours of balancing are refused."""
    told = dict.fromkeys(one for one in (kept.lost_reason, kept.balancing_reason) if one is not None)
    said = [UNTOLD[one] for one in told]
    if book.NO_LEADS in told:
        said += [
            text for start, text in NO_CURVE.items() if any(note.startswith(start) for note in evidence.source.notes)
        ]
    return tuple(said)


def _notes(kept: Ledger) -> tuple[str, ...]:
    said = () if kept.lost_ah is None and kept.balancing_ah is None else (NEAR_TRUTH,)
    return said if kept.balancing_ah is None else (*said, LEVEL_MEANS)


def _limiting(one: Limiting, evidence: SystemEvidence) -> LimitingCell:
    return LimitingCell(
        kind=one.kind,
        pack=one.pack,
        cell=one.cell,
        times=one.times,
        of=one.of,
        recent=one.recent,
        margin_mv=_rounded(one.margin_mv, 1),
        offset_ah=_rounded(one.offset_ah, 2),
        first_at=evidence.stamp(one.first_ts),
        last_at=evidence.stamp(one.last_ts),
    )


def _cycle(row: CycleRow, evidence: SystemEvidence) -> LedgerCycle:
    return LedgerCycle(
        full=_end(row.full, evidence),
        empty=None if row.empty is None else _end(row.empty, evidence),
        lost_ah=_rounded(row.lost_ah, 2),
        lost_kwh=_rounded(row.lost_kwh, 3),
    )


def _end(end: End, evidence: SystemEvidence) -> LimitingEnd:
    place = evidence.cells.place(end.pack, end.cell)
    return LimitingEnd(
        at=evidence.stamp(end.ts),
        pack=end.pack,
        cell=end.cell,
        place=0 if place is None else place + 1,
        margin_mv=_rounded(end.margin_mv, 1),
        offset_ah=_rounded(end.offset_ah, 2),
    )


def _capacity_ah(evidence: SystemEvidence) -> float | None:
    return evidence.capacity.now.value or evidence.nominal_ah


def _string_v(evidence: SystemEvidence) -> float | None:
    """Mean voltage at which the string gave its charge [V]."""
    days = evidence.table("system_day")
    if days.height == 0:
        return None
    known = days.drop_nulls(["kwh_out", "ah_out"])
    given = float(known["ah_out"].sum())
    return 1000 * float(known["kwh_out"].sum()) / given if given > 0 else None


@loader.once_per_build
def _leads(system: str) -> Floats | None:
    """Lay the cells' leads at charge ends out like the cells; None in a store built without them."""
    table = evidence_of(system).table("cell_day")
    if table.height == 0 or "lead_ah" not in table.columns:
        return None
    return lay_out(table, "cell", ("lead_ah",))["lead_ah"]


def leads_pct(system: str, days: Ints, capacity_ah: float | None) -> Floats | None:
    """Return the cells' leads at charge ends on some days, as a share of the capacity [%].

    None where the string's own curve is unknown (a slow logger, an older store), or the capacity.
    """
    leads, every = _leads(system), evidence_of(system).cells.days
    if leads is None or capacity_ah is None or len(leads) != len(every):
        return None
    own = leads[np.searchsorted(every, days)]
    return 100.0 * own / capacity_ah if np.isfinite(own).any() else None


@loader.once_per_build
def self_discharge(system: str) -> LeakAnswer:
    """Answer which cells lose charge by themselves, as a current, and how small a leak this data could show.

    Rests on the whole history: no period changes it.

    Raises
    ------
    UnknownSource
        There is no such battery system.
    """
    evidence = evidence_of(system)
    capacity = _capacity_ah(evidence)
    where, found = _best(evidence.cells, capacity, _leads(system))
    return LeakAnswer(
        build_id=loader.current().build_id,
        level=None,
        coverage=None,
        reason=found.reason,
        cells=tuple(_leak(one, found) for one in found.leaks),
        limit_ma=_rounded(found.limit_ma, 3),
        span_days=round(found.span_days, 1),
        measured_at=READ_AT[where] if found.leaks else None,
        notes=(BALANCING_HIDES,) if found.leaks else (),
    )


def _best(cells: Grid, capacity_ah: float | None, leads: Floats | None) -> tuple[str, SelfDischarge]:
    """Read leaks where the offsets tell them best: the end with the lowest detection limit.

    At the charge end only leads are charge; the open-circuit curve is too far from the truth there.
    """
    if capacity_ah is None or len(cells.days) == 0:
        reason = "Offsets in ampere-hours need cells that get full or empty, and a capacity: none is known."
        return "top", SelfDischarge((), None, 0.0, reason)
    ends: dict[str, Floats] = {name: cells[name] * capacity_ah / 100 for name in ("low_pct", "bot_pct")}
    if leads is not None and leads.shape == cells["top_pct"].shape:
        ends["top"] = leads
    found = {
        name: selfdischarge.self_discharge(cells, values) for name, values in ends.items() if np.isfinite(values).any()
    }
    told = {name: one for name, one in found.items() if one.limit_ma is not None}
    if told:
        return min(told.items(), key=lambda item: item[1].limit_ma or np.inf)
    return next(iter(found.items()), ("top", SelfDischarge((), None, 0.0, NO_ENDS)))


def _leak(one: Leak, found: SelfDischarge) -> CellLeak:
    limit = found.limit_ma if found.limit_ma is not None else np.inf
    return CellLeak(
        pack=one.pack,
        cell=one.cell,
        leak_ma=Interval(
            value=round(one.leak_ma, 3),
            low=round(one.leak_ma - one.half_ma, 3),
            high=round(one.leak_ma + one.half_ma, 3),
        ),
        z=round(one.z, 1),
        stands_out=one.leak_ma > limit and one.is_steady,
    )


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), digits)
