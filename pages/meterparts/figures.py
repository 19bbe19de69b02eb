"""The key figures of a meter, and the page's one sentence."""

from __future__ import annotations

from dash.development.base_component import Component

from app.answers import closure, load
from app.components import kpi, partial
from app.language import t, tn
from app.numbers import NOTHING, counted, energy, known, number, percent, quantity, stamp
from app.scope import Scope
from app.shapes.kpis import MeterKpis

POWER_SIGNALS = ("com_ap", "pf")
ODD_CLASSES = ("glitch", "rollover", "reset", "jump")
"""Classes of counter steps that somebody should look at."""


def counter_word(name: str) -> str:
    """Name a counter for a reader."""
    named = {"pos_ae": t("Import"), "neg_ae": t("Export"), "com_ae": t("Combined"), "pv_ae": t("Solar")}
    return named.get(name, name)


def verdict_words(found: MeterKpis, scope: Scope) -> str:
    """Write the page's one sentence."""
    told = {"import_kwh": found.import_kwh, "export_kwh": found.export_kwh}
    both = {name: energy(value) for name, value in told.items() if known(value)}
    peak = t(", peak {peak}", peak=quantity(found.peak_kw, "kW")) if known(found.peak_kw) else ""
    if len(both) == 2:
        said = t("{meter} imported {import_kwh} and exported {export_kwh}", meter=scope.source, **both)
    elif "import_kwh" in both:
        said = t("{meter} imported {import_kwh}", meter=scope.source, **both)
    elif "export_kwh" in both:
        said = t("{meter} exported {export_kwh}", meter=scope.source, **both)
    else:
        return _other_words(found, scope)
    return said + peak


def _other_words(found: MeterKpis, scope: Scope) -> str:
    other = {name: value for name, value in found.energy_kwh.items() if known(value)}
    if not other:
        return t("{meter} counted no energy in this period", meter=scope.source)
    said = (
        t("{energy} of {kind} energy", energy=energy(value), kind=counter_word(name).lower())
        for name, value in other.items()
    )
    return t("{meter} counted {energies}", meter=scope.source, energies=", ".join(said))


def missing(scope: Scope) -> list[str]:
    """Say which of the usual signals the meter does not log."""
    usual = {
        "com_ap": t("active power"),
        "pf": t("power factor"),
        "pos_ae": t("an import counter"),
        "neg_ae": t("an export counter"),
    }
    lacks = [text for name, text in usual.items() if name not in scope.signals]
    return [t("This meter does not log {things}.", things=t(" nor ").join(lacks))] if lacks else []


def tiles(found: MeterKpis, scope: Scope) -> list[Component]:
    """Show the energies, the extremes of power and the power factor, each with what it rests on."""
    rows = [
        _energy("import", t("Import"), found.import_kwh, found.from_power.get("import_kwh"), found),
        _energy("export", t("Export"), found.export_kwh, found.from_power.get("export_kwh"), found),
        _energy("net", t("Net"), found.net_kwh, found.from_power.get("net_kwh"), found),
    ]
    rows += [
        kpi(counter_word(name), energy(value), question="counter", signal=name, note=t("from its counter"))
        for name, value in found.energy_kwh.items()
        if name not in {"pos_ae", "neg_ae"} and known(value)
    ]
    if "com_ap" in scope.signals:
        lowest = t("lowest {power}", power=quantity(found.min_kw, "kW"))
        rows.append(kpi(t("Highest reading"), quantity(found.peak_kw, "kW"), question="peak", note=lowest))
    if "pf" in scope.signals:
        by_power = t("weighted by power")
        rows.append(kpi(t("Power factor"), number(found.mean_pf, 3), question="power_factor", note=by_power))
    return rows


def _energy(question: str, label: str, value: float | None, from_power: float | None, found: MeterKpis) -> Component:
    """Show one energy, and how far the integral of the power is from it."""
    power = energy(from_power)
    if not known(value):
        note = t("from power {energy}", energy=power) if known(from_power) else t("neither counter nor power")
        return kpi(label, NOTHING, question=question, note=note, severity="unknown")
    note = t("{energy} from power", energy=power) if known(from_power) else t("no power to check it with")
    odd = {"odd_steps": odd_words(found)} if odd_words(found) else {}
    return kpi(label, energy(value), question=question, known=odd, note=note)


def load_tiles(found: load.Load | None, scope: Scope) -> list[Component]:
    """Show the highest demand each way, and the base load with its definition."""
    if found is None:
        return []
    rows: list[Component] = []
    for direction, label in (("import", t("Highest demand")), ("export", t("Highest feed-in"))):
        best = found.peaks.filter(found.peaks["direction"] == direction).head(1)
        for at, demand in best.select("ts", "demand_kw").iter_rows():
            when = t("15 min from {stamp}", stamp=stamp(at, scope.zone))
            rows.append(kpi(label, quantity(abs(demand), "kW"), question="demand", note=when))
    base = found.base
    days = {
        "days": t(
            "{days} of {all_days}, those at least 90 % covered", days=number(base.days), all_days=number(base.of_days)
        )
    }
    note = tn(
        "{n} day; the power that 97.5 % of it exceeds",
        "{n} days; of each the power that 97.5 % of it exceeds",
        base.days,
        n=number(base.days),
    )
    severity = None if known(base.kw) else "unknown"
    shown = note if known(base.kw) else t("no day is covered to 90 %")
    power = quantity(base.kw, "kW")
    rows.append(kpi(t("Base load"), power, question="base_load", known=days, note=shown, severity=severity))
    return rows


def odd_words(found: MeterKpis) -> str:
    """Count the odd counter steps, in words."""
    sums = {name: sum(steps.get(name, 0) for steps in found.counter_steps.values()) for name in ODD_CLASSES}
    return ", ".join(counted(count, name) for name, count in sums.items() if count)


def closure_tiles(found: closure.Closure) -> list[Component]:
    """Show what the counters of a household add up to, and where they contradict each other."""
    hours = {"hours": number(found.hours)}
    odd = found.impossible_hours
    used, own, share = t("Consumption"), t("Own use of solar"), t("Self-sufficiency")
    contradiction = (
        tn(
            "{n} hour exports more than was produced",
            "{n} hours export more than was produced",
            odd,
            n=number(odd),
        )
        if odd
        else t("no contradiction")
    )
    note = t(
        "{energy} in sum; worst {worst} at {at}",
        energy=energy(found.impossible_kwh),
        worst=energy(found.worst_kwh),
        at=found.worst_at or NOTHING,
    )
    return [
        kpi(used, energy(found.used_kwh), question="closure", known=hours, note=t("import + solar − export")),
        kpi(
            own,
            percent(found.own_use, 1),
            note=t("{energy} of what was produced", energy=energy(found.own_kwh)),
            question="closure",
            known=hours,
        ),
        kpi(
            share,
            percent(found.self_sufficiency, 1),
            note=t("of the consumption was produced on site"),
            question="closure",
            known=hours,
        ),
        kpi(
            t("Contradictions"),
            t("{share} of hours", share=percent(odd / found.hours, 1)) if odd else number(0),
            note=f"{contradiction}; {note}" if odd else contradiction,
            severity="watch" if odd else "fine",
            question="contradictions",
            known=hours,
        ),
    ]


def closure_notes(found: closure.Closure) -> list[Component]:
    """Say what a contradiction between the counters may come from."""
    if not found.impossible_hours:
        return []
    return [
        partial(
            t(
                "An hour cannot export more than it produced unless a clock runs apart, a counter stood still, or "
                "energy is stored behind the meter."
            )
        )
    ]
