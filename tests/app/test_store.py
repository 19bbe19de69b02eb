"""The store as it is read: what is there, what is missing, what is damaged, and what is new."""

from __future__ import annotations

import fcntl
import gc
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from app.errors import UnknownSignal, UnknownSource
from app.handle import Handle, is_building
from app.store import Store
from pipeline.contract import RAW_LEVEL
from pipeline.errors import StoreCorrupt, StoreMissing
from pipeline.publish import building
from tests.app.stores import FIRST, STEP, build_site


@pytest.fixture
def own(tiny, tmp_path):
    """Return a copy of the tiny store that a test may break."""
    shutil.copytree(tiny[0].store, tmp_path / "store")
    return tmp_path / "store"


def raw(store: Store, source: str, signal: str) -> np.ndarray:
    return store.read(source, [signal], RAW_LEVEL, (), 0, 2**60)[signal].drop_nulls().to_numpy()


def test_readings_come_back_as_they_went_in(tiny):
    settings, truth = tiny
    store = Store.open(settings.store)

    for source, one in truth.items():
        for signal, values in one.values.items():
            assert np.allclose(raw(store, source, signal), values, rtol=1e-6), signal


def test_a_window_is_half_open(tiny):
    store = Store.open(tiny[0].store)
    frame = store.read("m1", ["com_ap"], RAW_LEVEL, (), FIRST + STEP, FIRST + 4 * STEP)

    assert frame["ts"].to_physical().to_list() == [FIRST + STEP, FIRST + 2 * STEP, FIRST + 3 * STEP]


def test_names_that_do_not_exist_are_told_with_those_that_do(tiny):
    store = Store.open(tiny[0].store)

    with pytest.raises(UnknownSource, match=r"No source 'm2'. There is: m1"):
        store.series("m2", "com_ap")
    with pytest.raises(UnknownSignal, match=r"No signal 'com_pa'. There is: com_ap"):
        store.series("m1", "com_pa")


def test_without_a_store_the_remedy_is_said(tmp_path):
    with pytest.raises(StoreMissing, match="make build-pyramids"):
        Store.open(tmp_path)


@pytest.mark.parametrize("damage", [lambda data: data[:-40], lambda data: data.replace(b"m1", b"m7", 1)])
def test_a_damaged_manifest_is_refused(own, damage):
    manifest = own / "manifest.json"
    manifest.write_bytes(damage(manifest.read_bytes()))

    with pytest.raises(StoreCorrupt, match="packscope build"):
        Store.open(own)


def test_one_flipped_byte_is_never_served(own):
    store = Store.open(own)
    parts = (part for group in store.manifest.groups if group.source == "m1" for part in group.parts)
    part = next(part for part in parts if part.level == "raw")
    path = own / part.path
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))

    with pytest.raises(StoreCorrupt, match="its checksum differs"):
        store.read("m1", part.signals, RAW_LEVEL, (), 0, 2**60)


def test_a_part_that_is_gone_is_told(own):
    store = Store.open(own)
    for group in store.manifest.groups:
        for part in group.parts:
            (own / part.path).unlink()

    with pytest.raises(StoreCorrupt, match="is missing"):
        raw(store, "m1", "com_ap")


def test_a_new_build_is_noticed_and_the_old_one_stays_readable(tmp_path):
    settings, _ = build_site(tmp_path, rows=600)
    handle = Handle(settings.store)
    before = handle.current()
    assert handle.current() is before
    build_site(tmp_path, rows=900)
    after = handle.current()

    assert before.build_id != after.build_id
    assert (len(raw(before, "m1", "com_ap")), len(raw(after, "m1", "com_ap"))) == (600, 900)


def test_an_edited_site_file_is_noticed(tmp_path):
    (tmp_path / "site").mkdir()
    site_file = tmp_path / "site" / "site.toml"
    site_file.write_text("[thresholds]\nvoltage_deviation_mv = 10.0\n")
    settings, _ = build_site(tmp_path, rows=300)
    handle = Handle(settings.store)
    before = handle.current()
    site_file.write_text("[thresholds]\nvoltage_deviation_mv = 12.0\n")
    after = handle.current()

    assert before.build_id == after.build_id
    assert before.site_hash != after.site_hash
    assert after.site.thresholds == {"voltage_deviation_mv": 12.0}
    site_file.write_text("[thresholds\n")
    assert handle.current() is after


def test_a_store_is_opened_once_however_many_ask(own, monkeypatch):
    opened = []
    really = Store.open

    def count(path, *more):
        opened.append(path)
        return really(path, *more)

    monkeypatch.setattr(Store, "open", count)
    handle = Handle(own)
    with ThreadPoolExecutor(8) as pool:
        found = {id(store) for store in pool.map(lambda _: handle.current(), range(32))}

    assert (len(found), len(opened)) == (1, 1)


def test_the_last_good_build_stays_when_the_manifest_breaks_or_goes(own):
    handle = Handle(own)
    good = handle.current()
    (own / "manifest.json").write_text(json.dumps({"broken": True}))
    assert handle.current() is good
    (own / "manifest.json").unlink()
    assert handle.current() is good


def test_a_build_is_held_for_as_long_as_it_is_read(own):
    store = Store.open(own)
    lock = own / "readers" / f"{store.build_id}.lock"
    with lock.open("rb+") as file:
        with pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        del store
        gc.collect()
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_store_that_cannot_be_written_is_read(own, monkeypatch):
    def refuse(*_: object, **__: object) -> int:
        raise PermissionError

    shutil.rmtree(own / "readers", ignore_errors=True)
    monkeypatch.setattr(os, "open", refuse)

    assert len(raw(Store.open(own), "m1", "com_ap")) > 0


def test_a_builder_at_work_is_seen_and_not_hindered(tmp_path):
    assert not is_building(tmp_path)
    with building(tmp_path):
        assert is_building(tmp_path)
    assert not is_building(tmp_path)
    with building(tmp_path):
        pass
