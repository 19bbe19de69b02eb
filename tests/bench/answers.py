"""``python -m tests.bench.answers``: what every answer and every callback takes, one by one, the cache empty.

Within the process, through the server's own test client. Processor time of all threads is what is compared, for it does
not depend on what else the machine does; standing verdicts are made ahead, as the server makes them.
"""

from __future__ import annotations

import gc
import gzip
import json
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import typer
from flask.testing import FlaskClient

from app import factory, loader, standing
from pipeline import report
from pipeline.settings import Settings

SPANS_DAYS = (None, 200, 30, 7, 1)
"""Lengths of the windows that are asked for [d]; None for the whole history, which is asked for without a window."""
PER_SPAN = 2
"""Random windows of each length."""
BAR_MS = 50.0
"""What is longer is listed as over the bar [ms]."""
PAGES = ("/", "/meter", "/compare", "/battery", "/cells", "/explore", "/quality")
METRICS = ("voltage", "temperature", "deviation", "degradation", "soh")
FAILED = b"ps-toast-close"
"""What stands in the answer of a callback that failed, whose status is 200: the words that the reader is shown."""
EIGHT = "bms1_p1_v1,bms1_p2_v7,bms1_p3_v9,bms1_soc,bms1_c,bms1_v,bms1_cell_max_t,pcs1_ap"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    name: str
    """What it is counted under."""
    path: str
    body: Mapping[str, Any] | None = None
    """Of a callback."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one answer took."""

    processor_ms: float
    wall_ms: float
    warm_ms: float
    """Processor time of asking once more [ms]."""
    size: int
    """Compressed [bytes]."""
    status: int
    """500 also where a callback answers with a failure."""


class Probe:
    """Asks one server, its cache emptied before each question."""

    def __init__(self, store: Path, *, holds: bool = True, stands: bool = True) -> None:
        """Make the server, with its standing verdicts made ahead; without ``holds`` nothing that was read is held."""
        self.holds = holds
        self.server = factory.create_app(Settings(store=store)).server
        self.client: FlaskClient = self.server.test_client()
        held = self.client.get("/api/sources").get_json()
        self.sources: list[dict[str, Any]] = held["sources"]
        self.zone = ZoneInfo(held["zone"])
        with self.server.app_context():
            if stands:
                standing.answer_all()
        gc.collect()
        gc.freeze()

    def take(self, asked: Asked) -> Taken:
        """Ask twice, first with an empty cache."""
        with self.server.app_context():
            loader.cache.clear()
            if not self.holds:
                loader.current().decoded.clear()
        begun, wall = time.process_time(), time.perf_counter()
        status, body = self._ask(asked)
        took, waited = time.process_time() - begun, time.perf_counter() - wall
        begun = time.process_time()
        self._ask(asked)
        again = time.process_time() - begun
        return Taken(took * 1e3, waited * 1e3, again * 1e3, len(gzip.compress(body, 6)), status)

    def _ask(self, asked: Asked) -> tuple[int, bytes]:
        answer = self.client.get(asked.path) if asked.body is None else self.client.post(asked.path, json=asked.body)
        failed = asked.body is not None and FAILED in answer.data
        return 500 if failed else answer.status_code, answer.data

    def windows(self, source: Mapping[str, Any], random: Random) -> Iterator[tuple[str, datetime | None, datetime]]:
        """Cut windows of each length out of a source's history, somewhere."""
        first, last = (datetime.fromisoformat(source[key]).astimezone(UTC) for key in ("start", "end"))
        for days in SPANS_DAYS:
            if days is None:
                yield "all", None, last
                continue
            for _ in range(PER_SPAN):
                room = max((last - first - timedelta(days=days)).total_seconds(), 0.0)
                start = first + timedelta(seconds=round(random.uniform(0, room) / 60) * 60)
                yield f"{days} d", start, start + timedelta(days=days)

    def answers(self, random: Random) -> Iterator[Asked]:
        """List every route of the API, over every window."""
        document = self.client.get("/api/openapi.json").get_json()
        for path, methods in document["paths"].items():
            if "get" not in methods or path in ("/metrics", "/export"):
                continue
            for source in self.sources:
                if ("{system}" in path and source["kind"] != "bess") or (
                    "{meter}" in path and source["kind"] != "meter"
                ):
                    continue
                yield from self._of_route(path, methods["get"].get("parameters", []), source, random)

    def _of_route(
        self, path: str, parameters: Sequence[Mapping[str, Any]], source: Mapping[str, Any], random: Random
    ) -> Iterator[Asked]:
        known = {one["name"]: one for one in parameters}
        said = {"system": source["name"], "meter": source["name"], "source": source["name"], "text": "power"}
        if source["packs"]:
            pack = random.choice(source["packs"])
            said |= {"pack": str(pack["pack"]), "cell": str(random.randint(1, int(pack["cells"])))}
        said |= {"signal": random.choice(source["signals"]), "view": "?when=recent"}
        filled = path
        for name, value in said.items():
            filled = filled.replace(f"{{{name}}}", quote(value))
        query = {name: said[name] for name in known if name in said and known[name]["in"] == "query"}
        asked = [(word, _api_window(start, end)) for word, start, end in self.windows(source, random)]
        whole: list[tuple[str, dict[str, str]]] = asked if "start" in known else [("all", {})]
        for option in _options(parameters):
            for word, window in whole:
                text = "&".join(f"{key}={quote(value)}" for key, value in (query | option | window).items())
                shown = "".join(f" {value}" for value in option.values())
                yield Asked(f"{path}{shown}| {word}", f"/api{filled}?{text}")

    def callbacks(self, random: Random) -> Iterator[Asked]:
        """List every callback of every page, over every window."""
        known = [one for one in self.client.get("/_dash-dependencies").get_json() if not one["clientside_function"]]
        meter, system = (next((one for one in self.sources if one["kind"] == kind), None) for kind in ("meter", "bess"))
        for source in (one for one in (system, meter) if one is not None):
            for word, start, end in self.windows(source, random):
                view = "" if start is None else f"&when=custom&start={self._wall(start)}&end={self._wall(end)}"
                about = "system" if source is system else "meter"
                search = f"?{about}={source['name']}{view}"
                for one in known:
                    yield from _called(one, search, word, source)

    def _wall(self, stamp: datetime) -> str:
        return f"{stamp.astimezone(self.zone):%Y-%m-%dT%H:%M}"


def _api_window(start: datetime | None, end: datetime) -> dict[str, str]:
    if start is None:
        return {}
    return {"start": start.strftime("%Y-%m-%dT%H:%M:%SZ"), "end": end.strftime("%Y-%m-%dT%H:%M:%SZ")}


def _options(parameters: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """List the choices of each parameter that has some, one by one."""
    found = [
        {one["name"]: value} for one in parameters for value in one["schema"].get("enum", []) if one["name"] != "level"
    ]
    return found or [{}]


def _page_of(output: str) -> str:
    """Name the page that a callback fills, by the beginning of its outputs' names."""
    return next((page for page in PAGES[1:] if page[1:] in _short(output)), "/")


def _called(one: Mapping[str, Any], search: str, word: str, source: Mapping[str, Any]) -> Iterator[Asked]:
    """Write the request of one callback, once for each of what it could be asked to show."""
    output: str = one["output"]
    if "export" in output or any(item["property"] == "n_clicks" for item in one["inputs"]):
        return
    for shown, more in _shown(output, source):
        values = {"search": search + more, "pathname": _page_of(output), "theme": "light", "value": "power"}
        for name in _tiles(output, source):
            inputs = [_item(item, values, name) for item in one["inputs"]]
            state = [_item(item, values, name) for item in one["state"]]
            said = output.replace('["MATCH"]', json.dumps(name))
            outputs = [_out(text) for text in _split(said)]
            body = {
                "output": output,
                "outputs": outputs[0] if not said.startswith("..") else outputs,
                "inputs": inputs,
                "state": state,
                "changedPropIds": [f"{_text(item['id'])}.{item['property']}" for item in inputs],
            }
            label = f"{_short(said)}{shown}"
            yield Asked(f"callback {label}| {word}", "/_dash-update-component", body)


def _shown(output: str, source: Mapping[str, Any]) -> list[tuple[str, str]]:
    if "explore" in output:
        signals = EIGHT if source["kind"] == "bess" else "com_ap,pos_ae"
        return [("", f"&source={source['name']}&signals={signals}"), (" 1", f"&source={source['name']}")]
    if "cells-heatmap" in output or "cells-frames" in output or "cells-surface" in output:
        return [(f" {name}", f"&metric={name}&quantity={name}") for name in METRICS]
    return [("", "")]


def _tiles(output: str, source: Mapping[str, Any]) -> list[str]:
    return [source["name"]] if "MATCH" in output else [""]


def _item(item: Mapping[str, str], values: Mapping[str, str], tile: str) -> dict[str, Any]:
    identity: Any = json.loads(item["id"]) if item["id"].startswith("{") else item["id"]
    value: Any = values.get(item["property"])
    if isinstance(identity, dict) and identity.get("name") == ["MATCH"]:
        identity = identity | {"name": tile}
        value = identity
    elif isinstance(identity, dict) and identity.get("type") == "cells-gate":
        value = {"search": values["search"], "theme": "light"}
    elif identity in ("period", "overview-stay"):
        value = values["search"]
    elif identity == "theme":
        value = "light"
    return {"id": identity, "property": item["property"], "value": value}


def _split(output: str) -> list[str]:
    return output.strip(".").split("...") if output.startswith("..") else [output]


def _out(text: str) -> dict[str, Any]:
    identity, _, prop = text.rpartition(".")
    return {"id": json.loads(identity) if identity.startswith("{") else identity, "property": prop}


def _text(identity: str | dict[str, Any]) -> str:
    """Write an id as the browser does."""
    return identity if isinstance(identity, str) else json.dumps(identity, sort_keys=True, separators=(",", ":"))


def _short(output: str) -> str:
    name = output.strip(".").split(".")[0]
    return "-".join(str(value) for key, value in json.loads(name).items() if key != "type") if name[0] == "{" else name


def main(
    store: Annotated[Path, typer.Option(help="A built store.")] = Path("data/store"),
    only: Annotated[str, typer.Option(help="Part of what is asked for.")] = "",
    least: Annotated[float, typer.Option(help="List what takes longer than this [ms].")] = 20.0,
    seed: Annotated[int, typer.Option(help="Of the random windows.")] = 1,
    few: Annotated[bool, typer.Option(help="One meter and one system alone.")] = True,
    holds: Annotated[
        bool, typer.Option(help="Columns that were read lately are held, as they are by a server.")
    ] = True,
) -> None:
    """Measure every answer and every callback with an empty cache."""
    say = report.speaker(to_stderr=True).print
    probe, random = Probe(store, holds=holds), Random(seed)
    if few:
        kinds = {one["kind"]: one for one in reversed(probe.sources)}
        probe.sources = list(kinds.values())
    chosen = [one for one in (*probe.answers(random), *probe.callbacks(random)) if only in one.name]
    say(f"{len(chosen):,} questions")
    taken: dict[str, list[Taken]] = defaultdict(list)
    for one in chosen:
        found = probe.take(one)
        if found.status not in (200, 204):
            say(f"{one.name}: status {found.status}")
        taken[one.name].append(found)
    for line in table(taken, least):
        report.speaker().print(line)


def table(taken: Mapping[str, Sequence[Taken]], least: float) -> Iterator[str]:
    """Write what took long, the longest first, and the summary of answers and of callbacks."""
    for name, every in sorted(taken.items(), key=lambda item: -max(one.processor_ms for one in item[1])):
        worst = max(one.processor_ms for one in every)
        if worst >= least:
            middle, wall = median(one.processor_ms for one in every), median(one.wall_ms for one in every)
            warm, size = max(one.warm_ms for one in every), max(one.size for one in every) / 1e3
            yield f"{worst:8.1f} {middle:8.1f} wall {wall:8.1f} warm {warm:6.1f} {size:7.1f} kB  {name}"
    for kind, word in (("/", "answers"), ("callback", "callbacks")):
        found = [one for name, every in taken.items() if name.startswith(kind) for one in every]
        if len(found) > 1:
            cold, waited = [one.processor_ms for one in found], [one.wall_ms for one in found]
            warm_p95, most = _p95([one.warm_ms for one in found]), max(one.size for one in found) / 1e3
            over = sum(one > BAR_MS for one in waited)
            yield (
                f"{word}: cold p50 {median(cold):.1f}, p95 {_p95(cold):.1f}, warm p95 {warm_p95:.1f} ms processor, "
                f"cold p50 {median(waited):.1f}, p95 {_p95(waited):.1f} ms wall clock; {over} of {len(waited)} "
                f"over {BAR_MS:g} ms; largest {most:.1f} kB compressed"
            )


def _p95(values: Sequence[float]) -> float:
    return quantiles(values, n=20)[-1]


if __name__ == "__main__":
    typer.run(main)
