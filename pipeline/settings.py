"""The settings: one frozen, typed object, and the only reader of the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from pipeline.errors import SettingsError

Compression = Literal["zstd", "snappy", "lz4"]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Settings(BaseSettings):
    """Everything that can be set, read once from the environment and from ``.env``."""

    model_config = SettingsConfigDict(frozen=True, env_file=".env", extra="ignore", case_sensitive=False)

    meter_roots: Annotated[tuple[str, ...], NoDecode] = Field(
        ("data/raw",), description="Folders (or s3:// prefixes) that hold the CSVs, separated by commas."
    )
    store: Path = Field(Path("data/store"), description="Folder of the built store.")
    site: Path | None = Field(None, description="A site.toml; by default the one found in a root or beside the roots.")
    site_tz: str = Field("Europe/Berlin", description="Time zone of the site: calendar days and every drawn time.")
    source_tz: str | None = Field(
        None, description="Time zone of stamps that carry none; the site's zone when it is not set."
    )
    chunk_size: int = Field(
        32_000, ge=1_000, le=50_000_000, description="Rows held at once per series while building [rows]."
    )
    parquet_threads: int = Field(
        default_factory=_cores, ge=1, le=256, description="Parquet files written at once [threads]."
    )
    max_workers: int = Field(
        default_factory=_cores, ge=1, le=256, description="Groups of series built at once [threads]."
    )
    compression: Compression = Field("zstd", description="Compression of the store: zstd, snappy or lz4.")
    cache_ttl: int = Field(3600, ge=0, description="How long an answer stays cached [s].")
    cache_url: str | None = Field(
        None,
        description="A shared cache (redis://… or a folder as file://…); in the process when it is not set.",
    )
    max_points: int = Field(2_000, ge=100, le=20_000, description="Points drawn per line by default [points].")
    host: str = Field("127.0.0.1", description="Address that the dashboard listens on.")
    port: int = Field(8050, ge=1, le=65_535, description="Port that the dashboard listens on.")

    @field_validator("meter_roots", mode="before")
    @classmethod
    def _split_roots(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("site_tz", "source_tz")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (ZoneInfoNotFoundError, ValueError) as exc:
                raise ValueError(f"no time zone {value!r}; write one like Europe/Berlin or UTC") from exc
        return value

    @property
    def naive_tz(self) -> str:
        """Zone in which stamps without one are read."""
        return self.source_tz or self.site_tz


def read_settings(**overrides: object) -> Settings:
    """Read the settings once.

    Parameters
    ----------
    **overrides
        Values that win over the environment, as given on the command line; None means "not given".

    Raises
    ------
    SettingsError
        A value cannot be; the message names the setting and what it takes.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as exc:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in error['loc']).upper()}: {error['msg']}, got {error['input']!r}"
            for error in exc.errors()
        )
        raise SettingsError(f"A setting cannot be used. {problems}.") from exc


def environment(**overrides: object) -> dict[str, str]:
    """Make the environment of a child process in which these settings hold; None means "as they are"."""
    given = {name.upper(): value for name, value in overrides.items() if value is not None}
    texts = {name: ",".join(value) if isinstance(value, tuple) else str(value) for name, value in given.items()}
    return {**os.environ, **texts}
