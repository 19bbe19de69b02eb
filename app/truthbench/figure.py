"""The detection curves as one SVG picture: written by hand, since a document's picture needs no browser to make."""

from __future__ import annotations

from collections.abc import Sequence

from app.truthbench.curves import FOUND_SHARE, Curve

PANEL_W, PANEL_H, COLUMNS = 300, 210, 2
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 34, 44
OURS, PLAIN, GRID, INK = "#1b6ca8", "#a06a2c", "#d9d9d9", "#333333"
TITLES = {
    "low_capacity": "Low capacity",
    "high_resistance": "High resistance",
    "self_discharge": "Self-discharge",
    "imbalance": "Imbalance",
    "hot_spot": "Hot spot",
    "voltage_spike": "Voltage, one reading",
    "temperature_spike": "Temperature, one reading",
    "sense_lead": "Sense lead",
}


def draw(curves: Sequence[Curve]) -> str:
    """Draw a panel for each kind of fault: share of runs found against size, beside the plain rule's."""
    rows = -(-len(curves) // COLUMNS)
    width, height = COLUMNS * PANEL_W, rows * PANEL_H + 28
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="system-ui, sans-serif" font-size="11">',
        "<title>Share of runs in which a fault is found, against its size</title>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
        _legend(),
    ]
    for at, curve in enumerate(curves):
        across, down = PANEL_W * (at % COLUMNS), 28 + PANEL_H * (at // COLUMNS)
        parts.append(f'<g transform="translate({across},{down})">{_panel(curve)}</g>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _legend() -> str:
    return (
        f'<line x1="46" y1="16" x2="70" y2="16" stroke="{OURS}" stroke-width="2.5"/>'
        '<text x="76" y="20">Packscope, with its 95 % interval</text>'
        f'<line x1="270" y1="16" x2="294" y2="16" stroke="{PLAIN}" stroke-width="2" stroke-dasharray="5 3"/>'
        '<text x="300" y="20">plain rule</text>'
    )


def _panel(curve: Curve) -> str:
    inside_w, inside_h = PANEL_W - LEFT - RIGHT, PANEL_H - TOP - BOTTOM
    count = max(len(curve.points) - 1, 1)
    xs = [LEFT + inside_w * at / count for at in range(len(curve.points))]

    def y(share: float) -> float:
        return TOP + inside_h * (1 - share)

    parts = [
        f'<text x="{LEFT}" y="{TOP - 12}" font-weight="600" fill="{INK}">{TITLES.get(curve.kind, curve.kind)}</text>'
    ]
    parts += [
        f'<line x1="{LEFT}" x2="{LEFT + inside_w}" y1="{y(share):.1f}" y2="{y(share):.1f}" stroke="{GRID}"/>'
        f'<text x="{LEFT - 6}" y="{y(share) + 4:.1f}" text-anchor="end" fill="{INK}">{100 * share:.0f} %</text>'
        for share in (0.0, 0.5, 1.0)
    ]
    parts.append(
        f'<line x1="{LEFT}" x2="{LEFT + inside_w}" y1="{y(FOUND_SHARE):.1f}" y2="{y(FOUND_SHARE):.1f}" stroke="{INK}" '
        'stroke-width="0.7" stroke-dasharray="2 3"/>'
    )
    known = [(x, point) for x, point in zip(xs, curve.points, strict=True) if point.runs]
    band = [f"{x:.1f},{y(point.high):.1f}" for x, point in known] + [
        f"{x:.1f},{y(point.low):.1f}" for x, point in known[::-1]
    ]
    parts.append(f'<polygon points="{" ".join(band)}" fill="{OURS}" fill-opacity="0.15"/>')
    for colour, dash, shares in (
        (PLAIN, ' stroke-dasharray="5 3"', [point.plain_found for _, point in known]),
        (OURS, "", [point.found for _, point in known]),
    ):
        line = " ".join(f"{x:.1f},{y(share):.1f}" for (x, _), share in zip(known, shares, strict=True))
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
    for x, point in zip(xs, curve.points, strict=True):
        parts.append(
            f'<text x="{x:.1f}" y="{TOP + inside_h + 16}" text-anchor="middle" fill="{INK}">{point.size:g}</text>'
        )
    middle = LEFT + inside_w / 2
    parts.append(f'<text x="{middle}" y="{TOP + inside_h + 34}" text-anchor="middle" fill="{INK}">{curve.unit}</text>')
    return "".join(parts)
