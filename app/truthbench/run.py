"""Run trials side by side, keep each as soon as it is done, and go on where an earlier run was ended."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

from app.truthbench.conditions import draw_experiment
from app.truthbench.trial import Outcome, Trial, run_trial

ROOT = Path(__file__).parents[2]
JUDGED_BY = ("app/analytics/*.py", "app/truthbench/conditions.py", "app/truthbench/trial.py", "app/truthbench/plain.py",
             "pipeline/feature*.py", "pipeline/physics.py", "pipeline/simulation/*.py")  # fmt: skip
"""What a trial's result depends on: another text of it makes results anew."""
HEALTHY_SEED = 100_000
"""Seeds of strings without a fault begin here."""


@dataclass(frozen=True)
class Job:
    """One trial to run."""

    seed: int
    is_healthy: bool
    days: float | None = None


def jobs_of(seeds: int, healthy: int, days: float | None = None, first: int = 0) -> list[Job]:
    """List the trials of a bench, faulty and healthy strings in turn, so that an ended run has some of both."""
    faulty = [Job(seed, is_healthy=False, days=days) for seed in range(first, first + seeds)]
    sound = [Job(HEALTHY_SEED + seed, is_healthy=True, days=days) for seed in range(healthy)]
    return sorted(faulty + sound, key=lambda job: job.seed % HEALTHY_SEED)


def code_version() -> str:
    """Return a hash over everything that a result depends on."""
    digest = hashlib.sha256()
    for pattern in JUDGED_BY:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def run_jobs(jobs: Iterable[Job], folder: Path, processes: int, say: Callable[[str], None]) -> list[Trial]:
    """Run what an earlier run of the same code has not done yet; return all trials that were asked for.

    Parameters
    ----------
    folder : Path
        Where results are kept, one line a trial.
    processes : int
        How many run side by side; 0 runs them in this process.

    Raises
    ------
    OSError
        The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"trials-{code_version()}.jsonl"
    wanted = list(jobs)
    done = dict(_kept(path))
    missing = [job for job in wanted if job not in done]
    say(f"{len(wanted) - len(missing)} of {len(wanted)} strings are already judged ({path.name}).")
    with path.open("a", encoding="utf-8") as handle:
        for count, (job, trial) in enumerate(_run(missing, processes), start=1):
            handle.write(json.dumps({"job": asdict(job), "trial": asdict(trial)}) + "\n")
            handle.flush()
            done[job] = trial
            if count % 10 == 0 or count == len(missing):
                say(f"{count} of {len(missing)} strings judged.")
    return [done[job] for job in wanted]


def _run(jobs: list[Job], processes: int) -> Iterator[tuple[Job, Trial]]:
    if processes == 0:
        yield from ((job, work(job)) for job in jobs)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(work, job): job for job in jobs}
        for future in as_completed(running):
            yield running[future], future.result()


def work(job: Job) -> Trial:
    """Run one trial."""
    return run_trial(draw_experiment(job.seed, healthy=job.is_healthy, days=job.days))


def _kept(path: Path) -> Iterator[tuple[Job, Trial]]:
    """Read the trials of an earlier run; a last line that was cut off is left."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            read = json.loads(line)
        except json.JSONDecodeError:
            continue
        yield Job(**read["job"]), _trial(read["trial"])


def _trial(read: dict[str, object]) -> Trial:
    outcomes = tuple(Outcome(**one) for one in read.pop("outcomes"))  # type: ignore[attr-defined]
    return Trial(**read, outcomes=outcomes)  # type: ignore[arg-type]
