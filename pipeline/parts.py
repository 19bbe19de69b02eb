"""Parquet parts: written once under a new name, never changed, checked by CRC-32."""

from __future__ import annotations

import io
import re
import uuid
import zlib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import polars as pl

from pipeline import contract
from pipeline.contract import Part
from pipeline.errors import StoreCorrupt
from pipeline.settings import Compression
from pipeline.sheets import Sheet, sheet_from

_ZSTD_LEVEL = 1
"""Writing is the largest share of a build: level 1 takes a seventh less time than the usual 3, for 6 % more bytes."""


def folder_name(source: str) -> str:
    """Make a source's name fit for a folder, distinct for distinct names."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", source)
    return plain if plain == source else f"{plain}-{zlib.crc32(source.encode()):08x}"


class PartWriter:
    """Writes parts of one store, several at once.

    Parameters
    ----------
    root : Path
        The store's folder.
    compression : str
        zstd, snappy or lz4.
    threads : int
        Parquet files written at once.
    """

    def __init__(self, root: Path, compression: Compression, threads: int) -> None:
        self.root = root
        self._compression = compression
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="parquet")

    def close(self) -> None:
        """Wait for the files under way."""
        self._pool.shutdown()

    def write(
        self,
        frame: pl.DataFrame,
        folder: Sequence[str],
        level: str,
        *,
        start_ms: int,
        zone: str,
        signals: Sequence[str] = (),
        folded: bool = False,
    ) -> Future[Part]:
        """Write a frame as a new part, in the background.

        Parameters
        ----------
        frame : DataFrame
            Sorted by ``ts``.
        folder : sequence of str
            Source and group.
        level : str
            Level or table.
        start_ms : int
            Start of its period [epoch ms UTC].
        zone : str
            The site's zone, for the period's name.
        signals : sequence of str
            In ``raw`` and where it is folded: the signals it holds.
        folded : bool
            Whether the frame is a folded sheet (see ``pipeline.sheets``).
        """
        name = f"{contract.period_name(start_ms, zone)}.{uuid.uuid4().hex[:12]}.parquet"
        path = Path(contract.PARTS, folder_name(folder[0]), *folder[1:], level, name)
        part = Part(
            path=path.as_posix(),
            level=level,
            start_ms=start_ms,
            first_ms=start_ms,
            last_ms=start_ms,
            rows=0,
            bytes=0,
            checksum="",
            mtime_ns=0,
            signals=tuple(signals),
            folded=folded,
        )
        return self._pool.submit(self._write, frame, part)

    def _write(self, frame: pl.DataFrame, part: Part) -> Part:
        target = self.root / part.path
        target.parent.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        # Parts are small and picked by the manifest, so statistics inside them would serve nobody.
        effort = _ZSTD_LEVEL if self._compression == "zstd" else None
        frame.write_parquet(buffer, compression=self._compression, compression_level=effort, statistics=False)
        data = buffer.getbuffer()
        target.write_bytes(data)
        rows = frame.height // len(part.signals) if part.folded else frame.height
        ts = frame[contract.TS].to_physical()
        return part.model_copy(
            update={
                "first_ms": int(ts[0]) if rows else part.start_ms,
                "last_ms": int(ts[rows - 1]) if rows else part.start_ms,
                "rows": rows,
                "bytes": len(data),
                "checksum": f"{zlib.crc32(data):08x}",
                "mtime_ns": target.stat().st_mtime_ns,
            }
        )


def is_whole(root: Path, part: Part) -> bool:
    """Whether a part is there and unchanged; its content is compared only where its time or size differs."""
    path = root / part.path
    try:
        status = path.stat()
        if (status.st_mtime_ns, status.st_size) == (part.mtime_ns, part.bytes):
            return True
        return f"{zlib.crc32(path.read_bytes()):08x}" == part.checksum
    except OSError:
        return False


def read_part(root: Path, part: Part, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Read a part back and check it; a folded one is laid out.

    Raises
    ------
    StoreCorrupt
        It is gone or damaged.
    """
    if not part.folded:
        return _read(root, part, columns)
    return contract.unfold(_read(root, part, None), part.signals, columns)


def read_raw_parts(root: Path, wanted: Sequence[tuple[Part, Sequence[str]]]) -> list[pl.DataFrame]:
    """Read columns of several raw parts back and check them; together they take half as long as one by one.

    Raises
    ------
    StoreCorrupt
        One is gone or damaged.
    """
    scans = [pl.scan_parquet(io.BytesIO(_checked(root, part))).select(list(columns)) for part, columns in wanted]
    return pl.collect_all(scans, engine="in-memory")


def read_sheet(root: Path, part: Part) -> Sheet:
    """Read a folded part back and check it.

    Raises
    ------
    StoreCorrupt
        It is gone or damaged.
    """
    return sheet_from(_read(root, part, None), part.signals)


def _read(root: Path, part: Part, columns: Sequence[str] | None) -> pl.DataFrame:
    data = _checked(root, part)
    return pl.read_parquet(io.BytesIO(data), columns=list(columns) if columns is not None else None)


def _checked(root: Path, part: Part) -> bytes:
    path = root / part.path
    try:
        data = path.read_bytes()
    except FileNotFoundError as exc:
        raise StoreCorrupt(f"{path} is missing; build again with --rebuild to mend the store.") from exc
    if f"{zlib.crc32(data):08x}" != part.checksum:
        raise StoreCorrupt(f"{path} is damaged (its checksum differs); build again with --rebuild to mend the store.")
    return data
