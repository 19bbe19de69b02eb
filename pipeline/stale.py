"""What has to be built: every group beside what is known of it, and how its files have changed since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from pipeline import contract, discover
from pipeline.contract import GroupRecord, Manifest, Rejected, SourceFile
from pipeline.fingerprint import Fingerprint, fingerprint
from pipeline.looks import Looks
from pipeline.parts import is_whole
from pipeline.signals import group_of


@dataclass(frozen=True)
class Job:
    """A group and its files as they are now."""

    source: str
    group: str
    files: tuple[discover.FoundFile, ...]
    prints: Mapping[Path, Fingerprint]
    old: GroupRecord | None
    looks: Looks = field(default_factory=Looks)

    @cached_property
    def before(self) -> dict[Path, SourceFile]:
        """What is known of its files from the last time."""
        return {Path(file.path): file for file in self.old.files} if self.old is not None else {}

    @property
    def bytes(self) -> int:
        """Size of its files [bytes]."""
        return sum(one.size for one in self.prints.values())


def known_groups(
    root: Path, config_hash: str, standing: Manifest | None, pending: Iterable[GroupRecord]
) -> dict[tuple[str, str], GroupRecord]:
    """Gather what is known of each group: the published build's, or an unfinished build's newer one.

    A group with a part that is gone or damaged is not known: it is built anew, which mends it.
    """
    records: dict[tuple[str, str], GroupRecord] = {}
    if standing is not None:
        files: dict[tuple[str, str], list[SourceFile]] = defaultdict(list)
        for file in standing.files:
            files[file.source, file.group].append(file)
        series: dict[tuple[str, str], list[contract.Series]] = defaultdict(list)
        for one in standing.series:
            series[one.source, one.group].append(one)
        for group in standing.groups:
            if not all(is_whole(root, part) for part in group.parts):
                continue
            key = group.source, group.name
            paths = {file.path for file in files[key]}
            records[key] = GroupRecord(
                config_hash=standing.config_hash,
                group=group,
                files=tuple(files[key]),
                rejected=tuple(one for one in standing.rejected if one.path in paths),
                series=tuple(series[key]),
            )
    for record in pending:
        if record.config_hash == config_hash and all(is_whole(root, part) for part in record.group.parts):
            records[record.group.source, record.group.name] = record
    return records


def find_jobs(
    sources: Iterable[discover.FoundSource], known: Mapping[tuple[str, str], GroupRecord], looks: Looks
) -> tuple[list[Job], list[Rejected]]:
    """Cut the sources' files into groups, largest first, and take every file's fingerprint."""
    jobs: list[Job] = []
    unread: list[Rejected] = []
    for source in sources:
        prints: dict[Path, Fingerprint] = {}
        shares: dict[str, list[discover.FoundFile]] = defaultdict(list)
        for file in source.files:
            try:
                seen = looks.now.get(str(file.path))
                prints[file.path] = fingerprint(file.path) if seen is None else seen.taken
            except OSError as exc:
                unread.append(Rejected(path=str(file.path), line=None, reason=f"cannot be read: {exc.strerror}"))
                continue
            groups = sorted({group_of(signal) for signal in file.signals})
            for group in groups:
                shares[group].append(file if len(groups) == 1 else _share(file, group))
        for group, files in shares.items():
            own = {file.path: prints[file.path] for file in files}
            jobs.append(Job(source.name, group, tuple(files), own, known.get((source.name, group)), looks))
    return sorted(jobs, key=lambda job: -job.bytes), unread


def _share(file: discover.FoundFile, group: str) -> discover.FoundFile:
    """Return the file with those of its columns that belong to a group."""
    own = [(signal, at) for signal, at in zip(file.signals, file.columns, strict=True) if group_of(signal) == group]
    return replace(file, signals=tuple(signal for signal, _ in own), columns=tuple(at for _, at in own))


def states_of(job: Job) -> dict[Path, str]:
    """Say of each file whether it is the same, has grown, or has changed; a removed one changes the group."""
    if job.old is None:
        return {}
    before = job.before
    now = {file.path: file for file in job.files}
    states = dict.fromkeys(before.keys() ^ now.keys(), "changed")
    for path in before.keys() & now.keys():
        alike = before[path].signals == now[path].signals
        states[path] = job.looks.compare(path, before[path], job.prints[path]) if alike else "changed"
    return states


def can_resume(job: Job, states: Mapping[Path, str]) -> bool:
    """Whether the group's parts can stay: its files have only grown, and each can be read from where it had ended."""
    if job.old is None or "changed" in states.values():
        return False
    forms = {file.path: file.dialect.key for file in job.files}
    grown = [(path, file.resume) for path, file in job.before.items() if states[path] == "grown"]
    return all(resume is not None and resume.dialect == forms[path] for path, resume in grown)
