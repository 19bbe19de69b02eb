"""What each count of data quality means, and what it means for the verdicts."""

from __future__ import annotations

from app.language import t


def counts() -> dict[str, tuple[str, str, str]]:
    """Name what is counted of every series: its title, its meaning, and what it means for verdicts."""
    return {
        "gaps": (
            t("Gaps"),
            t("Stretches without a reading that are longer than three usual intervals. Nothing is filled in."),
            t("Coverage falls; a cycle, a rest or a charge end that lies in a gap is not judged."),
        ),
        "duplicates": (
            t("Duplicates"),
            t(
                "Rows whose stamp came before. Equal rows are dropped; of differing ones the last wins, of flags the "
                "highest."
            ),
            t("None where rows are equal; where they differ, one of the two readings was not the true one."),
        ),
        "out_of_order": (
            t("Out of order"),
            t("Rows that were written after a later stamp. They are sorted into place and kept."),
            t("None: rules see rows in the order of their stamps."),
        ),
        "out_of_range": (
            t("Out of range"),
            t("Readings that cannot be true for this quantity. They are left out."),
            t("No finding rests on them. A reading that is possible but unsafe is kept and judged."),
        ),
        "sentinels": (
            t("Sentinels"),
            t("Register values that stand for no reading, such as 255 or 65 535. They are left out."),
            t("The quantity is unknown at that time, never zero and never 255 °C."),
        ),
        "stuck": (
            t("Stuck"),
            t("Readings that repeat while what drives them changes. They are kept and counted."),
            t("Days on which a cell or sensor stood still are left out of every rule."),
        ),
        "replayed": (
            t("Replayed"),
            t("More than 60 readings in a row that each equal the one 24 h earlier, though they moved. They are kept."),
            t("They are no measurement: verdicts on these hours rest on the day before. Meters are not looked at."),
        ),
    }


def reason(name: str) -> tuple[str, str, str]:
    """Describe a reason for which rows are left out or remarked: title, meaning, what it means for verdicts."""
    own = counts()
    alias = {"sentinel": "sentinels"}.get(name, name)
    if alias in own:
        return own[alias]
    unknown = t("The quantity is unknown at that time; nothing stands in for it.")
    none = t("None.")
    said = {
        "missing": (t("Missing"), t("A word for no reading, or an empty field."), unknown),
        "unreadable": (t("Unreadable"), t("A field that is no number."), unknown),
        "bad_stamp": (t("Bad stamp"), t("No stamp, or one outside 1971 to 2261."), unknown),
        "truncated_line": (t("Truncated line"), t("A line that breaks off."), unknown),
        "extra_fields": (t("Extra fields"), t("A line with more fields than columns."), unknown),
        "unclosed_quote": (t("Unclosed quote"), t("A quotation mark without its partner."), unknown),
        "repeated_header": (t("Repeated header"), t("The header, once more."), none),
        "comments": (t("Comments"), t("Lines that are remarks."), none),
        "conflicts": (
            t("Conflicts"),
            t("Another reading for the same moment: the last one wins, of alarm flags the largest."),
            t("One of the two readings was not the true one."),
        ),
        "dst_repeated": (
            t("Repeated hour"),
            t("Rows in the hour that autumn repeats, told apart by their order."),
            t("None where the order is right; else one hour a year is off by an hour."),
        ),
        "dst_ambiguous": (
            t("Ambiguous hour"),
            t("Rows in the hour that autumn repeats, of which only one pass is there: taken as the first."),
            t("One hour a year may be off by an hour."),
        ),
        "dst_skipped": (
            t("Skipped hour"),
            t("Rows in the hour that spring skips, moved forward."),
            t("The logger did not follow the clock: its zone may be set wrong."),
        ),
    }
    return said.get(name, (name.replace("_", " ").capitalize(), t("See docs/input.md."), unknown))
