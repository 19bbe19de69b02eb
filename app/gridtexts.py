"""The words of the tables' own parts: filters, menus and what a screen reader is told."""

from __future__ import annotations

from app.language import mark, t

TEXTS = {
    "noRowsToShow": mark("Nothing to list"),
    "loadingOoo": mark("Loading…"),
    "contains": mark("Contains"),
    "notContains": mark("Does not contain"),
    "equals": mark("Equals"),
    "notEqual": mark("Does not equal"),
    "startsWith": mark("Begins with"),
    "endsWith": mark("Ends with"),
    "blank": mark("Blank"),
    "notBlank": mark("Not blank"),
    "lessThan": mark("Less than"),
    "greaterThan": mark("Greater than"),
    "lessThanOrEqual": mark("Less than or equal to"),
    "greaterThanOrEqual": mark("Greater than or equal to"),
    "inRange": mark("Between"),
    "inRangeStart": mark("From"),
    "inRangeEnd": mark("To"),
    "filterOoo": mark("Filter…"),
    "andCondition": mark("AND"),
    "orCondition": mark("OR"),
    "ariaFilterInput": mark("Filter value"),
    "ariaFilterToValue": mark("Filter to value"),
    "ariaFilterFromValue": mark("Filter from value"),
    "ariaFilteringOperator": mark("Filtering operator"),
    "ariaColumnFiltered": mark("Column filtered"),
    "ariaMenuColumn": mark("Press Alt and Down to open the column menu"),
    "ariaFilterColumn": mark("Press Ctrl and Enter to open the filter"),
    "ariaSortableColumn": mark("Press Enter to sort"),
    "firstPage": mark("First page"),
    "previousPage": mark("Previous page"),
    "nextPage": mark("Next page"),
    "lastPage": mark("Last page"),
    "ariaRowSelect": mark("Press Space to select this row"),
    "ariaRowDeselect": mark("Press Space to deselect this row"),
}
"""What AG Grid calls each text, and the text (its ``localeText``)."""


def grid_texts() -> dict[str, str]:
    """Say all of them in the language of the request."""
    return {key: t(text) for key, text in TEXTS.items()}
