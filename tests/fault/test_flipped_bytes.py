"""One flipped byte in any file of a store: no wrong number is served, the message helps, the next build mends it."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.bench import paths_of
from app.store import Store
from pipeline.build import build
from pipeline.contract import TABLE_GROUP, seal
from pipeline.publish import read_manifest
from pipeline.settings import Settings
from tests.app.stores import build_site, serve
from tests.pipeline.sites import content, manifest_of

OWN_TO_A_BUILD = {"build_id", "built_at", "built", "build"}
REMEDY = "packscope build"
LEVELS = ("raw", "15min", "1h", "1d")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return a store of a meter and a battery with every table, and everything that it answers."""
    chosen, _ = build_site(tmp_path_factory.mktemp("whole"))
    answers = every_answer(serve(chosen).test_client())
    assert {status for status, _ in answers.values()} == {200}
    return chosen, answers


def every_answer(client: FlaskClient) -> dict[str, tuple[int, Any]]:
    """Ask what a visitor of every page would ask for."""
    found = client.get("/api/sources")
    if found.status_code != 200:
        return {"/api/sources": (found.status_code, found.json)}
    sources = [source | {"signals": source["signals"][:40]} for source in found.json["sources"]]
    asked = [path for path in paths_of(sources) if f"start={sources[0]['start'][:10]}" in path]
    asked += ["/api/sources", "/api/quality"]
    signals = (("m1", "pos_ae"), ("m1", "com_ap"), ("B1", "fa1_FireLevel"), ("B1", "bms1_p1_v2"))
    asked += [f"/api/series?source={of}&signal={one}&level={level}" for of, one in signals for level in LEVELS]
    return {path: _answer(client, path) for path in asked}


def _answer(client: FlaskClient, path: str) -> tuple[int, Any]:
    found = client.get(path)
    return found.status_code, _without_builds(found.json)


def _without_builds(said: Any) -> Any:
    """Leave out what names the build."""
    if isinstance(said, dict):
        return {key: _without_builds(value) for key, value in said.items() if key not in OWN_TO_A_BUILD}
    return [_without_builds(one) for one in said] if isinstance(said, list) else said


def flip(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes() or b"\0")
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(bytes(data))


def damage(whole: tuple[Settings, Any], folder: Path) -> Settings:
    """Copy the store, so that it may be damaged."""
    shutil.copytree(whole[0].store, folder / "store")
    return whole[0].model_copy(update={"store": folder / "store"})


def check(chosen: Settings, answers: dict[str, tuple[int, Any]]) -> int:
    """See that each answer is right or says what is wrong and what to do; return how many were refused."""
    refused = 0
    for path, (status, said) in every_answer(serve(chosen).test_client()).items():
        if status == 200:
            assert said == answers[path][1], path
        else:
            assert status in (500, 503)
            assert REMEDY in said["detail"], said
            refused += 1
    return refused


def mended(chosen: Settings, answers: dict[str, tuple[int, Any]]) -> None:
    build(chosen)
    assert check(chosen, answers) == 0
    assert every_answer(serve(chosen).test_client()).keys() == answers.keys()


def kinds_of_parts(store: Path) -> dict[str, list[Path]]:
    """Sort a store's parts by what they hold: a level, or a table."""
    found: dict[str, list[Path]] = {}
    for group in manifest_of(store).groups:
        for part in group.parts:
            kind = "table" if group.name == TABLE_GROUP else "quality" if part.level == "quality" else part.level
            found.setdefault(kind, []).append(store / part.path)
    return found


@pytest.mark.parametrize("kind", ["raw", "15min", "1h", "1d", "quality", "table"])
def test_a_flipped_byte_in_a_part_of_any_kind(whole, tmp_path, kind):
    chosen, chance = damage(whole, tmp_path), random.Random(kind)
    for path in kinds_of_parts(chosen.store)[kind]:
        flip(path, chance)
    refused = check(chosen, whole[1])
    assert refused > 0 or kind == "quality"  # quality rows are read by builds alone
    mended(chosen, whole[1])


@pytest.mark.long
def test_a_flipped_byte_in_each_part_by_itself(whole, tmp_path):
    chosen, chance = damage(whole, tmp_path), random.Random(9)
    for paths in kinds_of_parts(chosen.store).values():
        for path in paths:
            before = path.read_bytes()
            flip(path, chance)
            check(chosen, whole[1])
            path.write_bytes(before)
    mended(chosen, whole[1])


@pytest.mark.parametrize("place", [0.0, 0.001, 0.3, 0.6, 0.999])
def test_a_flipped_byte_in_the_manifest(whole, tmp_path, place):
    chosen = damage(whole, tmp_path)
    manifest = chosen.store / "manifest.json"
    data = bytearray(manifest.read_bytes())
    data[int(place * len(data))] ^= 4
    manifest.write_bytes(bytes(data))
    client = serve(chosen).test_client()

    assert client.get("/api/health").status_code == 200
    assert client.get("/api/ready").status_code == 503
    assert check(chosen, whole[1]) > 0
    mended(chosen, whole[1])


@pytest.mark.parametrize("version", [0, 999])
def test_a_whole_manifest_of_another_version(whole, tmp_path, version):
    chosen = damage(whole, tmp_path)
    other = manifest_of(chosen.store).model_copy(update={"version": version})
    (chosen.store / "manifest.json").write_bytes(seal(other))
    said = serve(chosen).test_client().get("/api/sources")

    assert said.status_code == 500
    assert f"of version {version}" in said.json["detail"]
    assert REMEDY in said.json["detail"]
    mended(chosen, whole[1])


def test_flipped_bytes_beside_what_is_published(whole, tmp_path):
    chosen, chance = damage(whole, tmp_path), random.Random(11)
    serve(chosen).test_client().get("/api/sources")
    beside = [path for path in chosen.store.rglob("*") if path.is_file() and path.suffix in (".json", ".lock")]
    beside = [path for path in beside if path.name != "manifest.json"]
    assert {path.parent.name for path in beside} >= {"builds", "readers"}
    for path in beside:
        flip(path, chance)
    assert check(chosen, whole[1]) == 0
    mended(chosen, whole[1])


def test_a_damaged_note_of_a_build_that_is_still_read_stops_no_build_and_takes_nothing_from_its_reader(tmp_path):
    chosen, _ = build_site(tmp_path, rows=600)
    reader = Store.open(chosen.store)
    held = {part.path for group in reader.manifest.groups for part in group.parts}
    flip(chosen.store / "builds" / f"{reader.build_id}.json", random.Random(1))
    build_site(tmp_path, rows=900)
    assert manifest_of(chosen.store).build_id != reader.build_id
    assert all((chosen.store / path).exists() for path in held)


def test_a_damaged_note_of_an_unfinished_build_is_left_out(tmp_path, monkeypatch):
    def die(*_args, **_kwargs):
        raise KeyboardInterrupt

    for name in ("own", "fresh"):
        (tmp_path / name).mkdir()
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.course.extract_features", die)
        with pytest.raises(KeyboardInterrupt):
            build_site(tmp_path / "own", rows=600)
    store = tmp_path / "own" / "store"
    notes = sorted((store / "pending").glob("*.json"))
    assert notes
    for note in notes:
        flip(note, random.Random(3))
    assert read_manifest(store) is None
    build_site(tmp_path / "own", rows=600)
    build_site(tmp_path / "fresh", rows=600)
    mine, fresh = content(store), content(tmp_path / "fresh" / "store")
    assert mine.keys() == fresh.keys()
    assert all(mine[key].equals(frame) for key, frame in fresh.items())
