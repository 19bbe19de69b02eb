"""The pieces that pages are made of: tiles, badges, marks of provenance, charts, tables, and the states between."""

from app.components.charts import EXPORTS, GRAPH_CONFIG, export_menu, graph, time_graph, time_id
from app.components.controls import choice, csv_file, entry_id, export_button, html_id, select
from app.components.frame import BELOW, STAGED, VIEWED, WHOLE, columns, headline, kpi, kpi_row, page, section
from app.components.kinds import Content, Identity, PageMeta, What, aria
from app.components.marks import (
    BAND_WORDS,
    SEVERITY_WORDS,
    badge,
    band_badge,
    icon,
    or_why,
    provenance,
    severity_counts,
    stat,
    term,
    unknown,
)
from app.components.states import empty, failure, partial, skeleton
from app.components.tables import table

__all__ = [
    "BAND_WORDS",
    "BELOW",
    "EXPORTS",
    "GRAPH_CONFIG",
    "SEVERITY_WORDS",
    "STAGED",
    "VIEWED",
    "WHOLE",
    "Content",
    "Identity",
    "PageMeta",
    "What",
    "aria",
    "badge",
    "band_badge",
    "choice",
    "columns",
    "csv_file",
    "empty",
    "entry_id",
    "export_button",
    "export_menu",
    "failure",
    "graph",
    "headline",
    "html_id",
    "icon",
    "kpi",
    "kpi_row",
    "or_why",
    "page",
    "partial",
    "provenance",
    "section",
    "select",
    "severity_counts",
    "skeleton",
    "stat",
    "table",
    "term",
    "time_graph",
    "time_id",
    "unknown",
]
