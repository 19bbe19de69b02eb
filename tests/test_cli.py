"""The command line: exit statuses, JSON alone on stdout, plain words for people."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app import launch
from app.cli import cli
from pipeline import report
from pipeline.build import BuildReport
from pipeline.contract import Rejected
from pipeline.errors import StoreBusy
from pipeline.settings import Settings, read_settings

ROOT = Path(__file__).parents[1]
BAD = Rejected(path="data/raw/meter/m1/pf.csv", line=2, reason="no row")


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    """Run in a folder of its own, with nothing set."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def report_of(settings, *, rejected=(), published=True, built=2):
    return BuildReport(
        build_id="b1" if published else None,
        published=published,
        store=settings.store,
        built=built,
        kept=1,
        removed=0,
        files=3,
        rows=30,
        rejected=rejected,
        warnings=("m2 has no power",),
        seconds=0.5,
    )


@pytest.fixture
def build(monkeypatch):
    """Stand in for the build; say what it was asked and choose what it answers."""
    asked = []

    class Build:
        rejected: tuple[Rejected, ...] = ()
        error: Exception | None = None

        def __call__(self, settings, *, rules, strict, rebuild, progress):
            asked.append((settings, rules, strict, rebuild))
            if self.error:
                raise self.error
            progress(1, 2, "m1 analog")
            progress(2, 2, "m1 counter")
            return report_of(settings, rejected=self.rejected, published=not (strict and self.rejected))

    stand_in = Build()
    stand_in.asked = asked  # type: ignore[attr-defined]
    monkeypatch.setattr("pipeline.build.build", stand_in)
    return stand_in


def invoke(*words):
    return CliRunner().invoke(cli, words)


@pytest.mark.parametrize(
    ("words", "rejected", "status"),
    [
        ([], (), 0),
        ([], (BAD,), 3),
        (["--strict"], (), 0),
        (["--strict"], (BAD,), 1),
    ],
)
def test_build_ends_with_the_status_that_says_how_it_went(build, words, rejected, status):
    build.rejected = rejected

    assert invoke("build", *words).exit_code == status
    assert invoke("build", "--json", *words).exit_code == status


@pytest.mark.parametrize(
    "words",
    [
        ["build", "--rules", "7min"],
        ["build", "--rules", ","],
        ["build", "--workers", "0"],
        ["build", "--chunk-size", "many"],
        ["build", "--no-such-option"],
        ["serve", "--port", "70000"],
        ["sample", "--systems", "9"],
        ["paint"],
    ],
)
def test_wrong_usage_ends_with_2(build, words):
    answer = invoke(*words)

    assert (answer.exit_code, build.asked) == (2, [])


def test_what_is_said_on_the_command_line_wins_over_the_environment(build, monkeypatch):
    monkeypatch.setenv("METER_ROOTS", "elsewhere")
    invoke("build", "--roots", "a, b", "--store", "s", "--rules", "15min,1d", "--workers", "3", "--chunk-size", "5000")

    settings, rules, strict, rebuild = build.asked[0]
    assert settings.meter_roots == ("a", "b")
    assert (settings.store, settings.max_workers, settings.chunk_size) == (Path("s"), 3, 5000)
    assert (rules, strict, rebuild) == (("15min", "1d"), False, False)


def test_json_stands_alone_on_stdout(build):
    build.rejected = (BAD,)
    answer = invoke("build", "--json")

    said = json.loads(answer.stdout)
    assert said["rejected_files"] == [{"file": BAD.path, "line": 2, "reason": "no row"}]
    assert (said["build_id"], said["published"], said["built"], said["kept"]) == ("b1", True, 2, 1)
    assert said["warnings"] == ["m2 has no power"]
    assert "Building: 100 %" in answer.stderr


def test_a_failed_build_is_one_line_and_still_json(build):
    build.error = StoreBusy("Another build is at work in data/store.")
    answer = invoke("build", "--json")

    assert answer.exit_code == 1
    assert answer.stderr == "packscope: Another build is at work in data/store.\n"
    said = json.loads(answer.stdout)
    assert (said["published"], said["error"], said["rejected_files"]) == (False, str(build.error), [])


def test_the_summary_names_every_rejected_file_with_line_and_reason(build):
    build.rejected = (BAD,)
    lines = invoke("build").stdout.splitlines()

    assert lines[:2] == ["Building: 50 % (m1 analog)", "Building: 100 % (m1 counter)"]
    assert lines[2].startswith("Series: 2 built, 1 kept, 0 removed. Files: 3 with 30 rows, 1 rejected.")
    assert lines[3:] == [
        "  rejected: data/raw/meter/m1/pf.csv:2: no row",
        "  warning: m2 has no power",
        "Published build b1 in data/store.",
    ]


def test_a_build_with_nothing_new_says_so():
    console = report.speaker()
    with console.capture() as said:
        report.summarise(console, report_of(read_settings(), built=0))

    assert "Nothing new: build b1 in data/store is up to date." in said.get()


def test_a_setting_that_cannot_be_is_one_plain_line(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "check"],
        cwd=tmp_path,
        env={**os.environ, "PORT": "many", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("packscope: A setting cannot be used. PORT:")
    assert done.stderr.count("\n") == 1


def test_the_pipeline_alone_offers_the_same_commands_without_the_app():
    code = "import sys, pipeline.commands; sys.exit('app' in sys.modules or 'dash' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_check_without_a_store_says_what_to_do():
    answer = CliRunner().invoke(cli, ["check"])

    assert "build one first" in str(answer.exception)


def test_version():
    assert invoke("--version").stdout.startswith("packscope ")


# What `run` shows, and where it serves --------------------------------------------------------------------------------


def csv_in(folder):
    (folder / "meter" / "m1").mkdir(parents=True)
    (folder / "meter" / "m1" / "pf.csv").write_text("ts,pf\n2024-01-01 00:00:00,1\n")


def test_without_any_data_the_sample_site_is_written_once():
    written = []
    sample = Path("data/sample")

    def write(folder):
        written.append(folder)
        csv_in(folder)

    for _ in range(2):
        settings = launch.choose_roots(read_settings(), sample, write)
        assert settings.meter_roots == (str(sample),)
    assert written == [sample]


def fail_on(folder):
    pytest.fail(f"a sample site was written to {folder}")


def test_the_users_own_data_comes_first():
    csv_in(Path("data/raw"))
    settings = launch.choose_roots(read_settings(), Path("data/sample"), fail_on)

    assert settings.meter_roots == ("data/raw",)


def test_data_behind_a_link_counts_and_a_link_in_a_circle_ends(tmp_path):
    csv_in(tmp_path / "drive")
    for folder, target in (("data/linked", "drive"), ("data/circle", "data")):
        Path(folder).parent.mkdir(exist_ok=True)
        Path(folder).symlink_to(tmp_path / target)

    assert launch.holds_csv("data/linked")
    Path("data/linked").unlink()
    assert not launch.holds_csv("data")


def test_roots_that_were_set_are_never_replaced(monkeypatch):
    monkeypatch.setenv("METER_ROOTS", "nowhere")
    settings = launch.choose_roots(read_settings(), Path("data/sample"), fail_on)

    assert settings.meter_roots == ("nowhere",)


def test_run_goes_on_when_some_files_were_rejected(build, monkeypatch):
    served = []
    monkeypatch.setattr(launch, "serve", lambda settings, threads: served.append((settings.meter_roots, threads)))
    csv_in(Path("data/raw"))
    build.rejected = (BAD,)
    port = launch.free_port()

    assert invoke("run", "--port", str(port)).exit_code == 0
    assert served == [(("data/raw",), launch.THREADS)]


def test_run_stops_when_the_build_failed(build, monkeypatch):
    monkeypatch.setattr(launch, "serve", pytest.fail)
    csv_in(Path("data/raw"))
    build.error = StoreBusy("busy")

    assert invoke("run", "--port", str(launch.free_port())).exit_code == 1


def test_a_taken_port_is_said_before_any_work(build, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = CliRunner().invoke(cli, ["run", "--port", str(port)])

    assert f"Cannot listen on 127.0.0.1 port {port}: Address already in use. Choose another" in str(answer.exception)
    assert build.asked == []


@pytest.mark.parametrize(
    ("host", "bind", "address"),
    [
        ("127.0.0.1", "127.0.0.1:8050", "http://127.0.0.1:8050"),
        ("0.0.0.0", "0.0.0.0:8050", "http://127.0.0.1:8050"),
        ("::1", "[::1]:8050", "http://[::1]:8050"),
    ],
)
def test_the_server_is_bound_where_it_was_said(host, bind, address):
    settings = read_settings(host=host)
    command = launch.server_command(settings)

    assert command[command.index("--bind") + 1] == bind
    assert launch.address(settings) == address
    assert command[command.index("--workers") + 1] == "1"
    assert "--preload" not in command


def test_serving_hands_the_settings_on(monkeypatch):
    started = []
    monkeypatch.setattr("os.execve", lambda *args: started.append(args))
    settings = read_settings(meter_roots="a,b", store="s", port=launch.free_port())

    launch.serve(settings, 3)

    _, command, environment = started[0]
    assert command[command.index("--threads") + 1] == "3"
    said = {name: environment[name] for name in ("METER_ROOTS", "STORE", "PORT")}
    assert said == {"METER_ROOTS": "a,b", "STORE": "s", "PORT": str(settings.port)}
    assert "SITE" not in environment
