"""What was seen of files the last time is used while it is true, and never else."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from pipeline import looks, sniff
from pipeline.fingerprint import fingerprint
from tests.pipeline.reading import write


@pytest.fixture
def sniffed(monkeypatch):
    """List the files whose form is found out from their bytes."""
    names = []
    real = sniff.sniff

    def noted(path):
        names.append(path.name)
        return real(path)

    monkeypatch.setattr(sniff, "sniff", noted)
    return names


def lines(count, pattern="%Y-%m-%d %H:%M:%S"):
    return [f"{datetime(2024, 1, 1) + timedelta(minutes=n):{pattern}},{n % 7}" for n in range(count)]  # noqa: DTZ001


def again(seen):
    return looks.Looks(seen.now)


def test_a_file_that_is_the_same_or_has_only_grown_is_written_as_it_was(tmp_path, sniffed):
    path = write(tmp_path, "com_ap.csv", lines(1000))
    first = looks.Looks()
    form = first.sniff(path)
    same = again(first)
    assert same.sniff(path) == form
    assert same.states == {str(path): "same"}
    write(tmp_path, "com_ap.csv", lines(1100))
    grown = again(same)
    assert grown.sniff(path) == form
    assert grown.states == {str(path): "grown"}
    assert grown.now[str(path)].taken == fingerprint(path)
    assert sniffed == ["com_ap.csv"]


@pytest.mark.parametrize("rows", [["2024-01-01 00:00:00;1"] * 1000, lines(10), lines(1000, "%d.%m.%Y %H:%M")])
def test_a_file_that_has_changed_is_looked_at_anew(rows, tmp_path, sniffed):
    path = write(tmp_path, "com_ap.csv", lines(1000))
    first = looks.Looks()
    first.sniff(path)
    write(tmp_path, "com_ap.csv", rows)
    changed = again(first)
    assert changed.sniff(path) == looks.Looks().sniff(path)
    assert changed.states == {str(path): "changed"}
    assert len(sniffed) == 3


@pytest.mark.parametrize(("count", "pattern"), [(20, "%Y-%m-%d %H:%M:%S"), (1000, "%d/%m/%Y %H:%M:%S")])
def test_a_form_that_more_rows_could_change_is_looked_at_anew(count, pattern, tmp_path, sniffed):
    path = write(tmp_path, "com_ap.csv", lines(count, pattern))
    first = looks.Looks()
    first.sniff(path)
    write(tmp_path, "com_ap.csv", lines(count + 50, pattern))
    assert again(first).sniff(path) == looks.Looks().sniff(path)
    assert len(sniffed) == 3


def test_notes_are_kept_and_damaged_ones_are_left_out(tmp_path, monkeypatch):
    path = write(tmp_path, "com_ap.csv", lines(1000))
    seen = looks.Looks()
    seen.sniff(path)
    notes = tmp_path / looks.NOTES
    notes.write_bytes(looks.notes_of(seen))
    assert looks.read_notes(tmp_path).before == seen.now
    monkeypatch.setattr(looks, "_code_hash", lambda: "another")
    assert looks.read_notes(tmp_path).before == {}
    monkeypatch.undo()
    data = bytearray(notes.read_bytes())
    data[len(data) // 2] ^= 1
    notes.write_bytes(data)
    assert looks.read_notes(tmp_path).before == {}
