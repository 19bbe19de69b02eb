"""What a battery's first weeks say is learned once: an update that takes it up gives what one that learns it gives."""

from __future__ import annotations

from polars.testing import assert_frame_equal

from pipeline import features
from pipeline.contract import Learned
from pipeline.sealed import seal, unseal
from pipeline.site import SourceSettings
from tests.pipeline.strings import BEGIN_MS, DAY_MS, NOMINAL_AH, string

SAID = SourceSettings(chemistry="LFP", nominal_ah=NOMINAL_AH)


def extract(reader, since_ms=None, learned=None):
    return features.extract(reader, SAID, {}, since_ms, learned)


def test_what_was_learned_before_is_what_would_be_learned_now():
    reader, _ = string(days=40, offsets={3: -0.02}, noise_mv=0.4)
    cut = BEGIN_MS + 38 * DAY_MS
    before = extract(reader.until(cut)).learned
    kept = unseal(seal(before), Learned)
    anew, taken_up = extract(reader, cut), extract(reader, cut, kept)
    assert kept == before == anew.learned == taken_up.learned == extract(reader).learned
    assert taken_up.notes == anew.notes
    for name, frame in anew.tables.items():
        assert_frame_equal(taken_up.tables[name], frame, check_exact=True)


def test_the_first_weeks_are_not_read_again(monkeypatch):
    reader, _ = string(days=80)
    cut = BEGIN_MS + 78 * DAY_MS
    learned = extract(reader.until(cut)).learned
    asked = []
    real = type(reader).read

    def noted(self, signals, start_ms, end_ms):
        asked.append((len(signals), start_ms))
        return real(self, signals, start_ms, end_ms)

    monkeypatch.setattr(type(reader), "read", noted)
    extract(reader, cut, learned)
    assert min(start for count, start in asked if count > 4) > BEGIN_MS + 60 * DAY_MS


def test_a_change_within_the_first_weeks_is_learned_from():
    reader, _ = string(days=40)
    wrong = Learned(safe_t=None, end_curve=None, notes=("something else",))
    found = extract(reader, BEGIN_MS + 5 * DAY_MS, wrong)
    assert found.learned == extract(reader).learned != wrong
