"""How answers leave the server: compressed, kept as long as their address says, and guarded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from flask import Flask, Request, Response, request
from flask_compress import Compress
from werkzeug.http import parse_accept_header

FOREVER_S = 31_536_000
"""How long a browser may keep a file whose address names its content [s]."""
WEEK_S = 604_800
MOST_KEPT = 256
"""Files kept compressed at most; the dashboard has some sixty."""
OWN = "/assets/"
_SUITES = "/_dash-component-suites/"
CODINGS = ("zstd", "br", "gzip", "deflate")
"""How an answer may be compressed, the best first."""
_ACCEPTED = "HTTP_ACCEPT_ENCODING"


class FingerprintCache:
    """Keeps the compressed form of files whose address names their content, and of nothing else."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        """Return what is kept under a key."""
        return self._kept.get(key)

    def set(self, key: str, value: bytes) -> None:
        """Keep a value, if its key is that of a file and there is room."""
        if not key.endswith(";") and len(self._kept) < MOST_KEPT:
            self._kept[key] = value


def _cache_key(asked: Request) -> str:
    fixed = asked.path.startswith(_SUITES) or (asked.path.startswith(OWN) and "m" in asked.args)
    return asked.full_path if asked.method == "GET" and fixed else ""


def send_compressed(server: Flask) -> None:
    """Compress every answer; files whose address names their content only once."""
    server.config["COMPRESS_CACHE_BACKEND"] = FingerprintCache
    server.config["COMPRESS_CACHE_KEY"] = _cache_key
    server.config["COMPRESS_ALGORITHM"] = list(CODINGS)
    Compress(server)
    server.before_request(_name_codings)


def _name_codings() -> None:
    """Let what the client refuses by a weight of 0 be no choice of how to compress."""
    if accepted := request.environ.get(_ACCEPTED):
        request.environ[_ACCEPTED] = codings_taken(accepted)


@lru_cache(maxsize=128)
def codings_taken(accepted: str) -> str:
    """Write an ``Accept-Encoding`` out: each coding that is taken by name, none that is refused.

    Parameters
    ----------
    accepted : str
        The header as the client sent it. A coding of weight 0 is refused (RFC 9110, 12.4.2), ``*`` stands for every
        coding that is not named (12.5.3).

    Examples
    --------
    >>> codings_taken("gzip;q=0, br;q=0.5")
    'br;q=0.5'
    >>> codings_taken("*, zstd;q=0, br;q=0")
    'gzip;q=1, deflate;q=1'
    """
    asked = parse_accept_header(accepted)
    named = [*CODINGS, "identity"] if "identity" in [name.lower() for name, _ in asked] else CODINGS
    return ", ".join(f"{name};q={asked.quality(name):g}" for name in named if asked.quality(name) > 0)


def send_guarded(server: Flask, scripts: Callable[[], Iterable[str]]) -> None:
    """Set the headers of every answer.

    Parameters
    ----------
    server : Flask
        Its answers, after they were compressed.
    scripts : callable
        Lists the hashes of the inline scripts that may run.
    """
    server.after_request(lambda response: _headers(response, scripts))


def _headers(response: Response, scripts: Callable[[], Iterable[str]]) -> Response:
    headers = response.headers
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if response.mimetype == "text/html":
        headers.setdefault("Content-Security-Policy", _policy(scripts()))
    if request.path.startswith(OWN) and response.status_code == 200:
        if (response.mimetype or "").startswith(("text/", "image/svg")):
            response.direct_passthrough = False
            response.get_data()  # read at once: a file that is compressed while it streams would stay open
        forever = "m" in request.args
        headers["Cache-Control"] = f"public, max-age={FOREVER_S}, immutable" if forever else f"public, max-age={WEEK_S}"
    return response


def _policy(hashes: Iterable[str]) -> str:
    """Write the content security policy; Dash adds inline scripts as it goes, so they are asked for each time."""
    scripts = " ".join(f"'{one.strip(chr(39))}'" for one in sorted(set(hashes)))
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )
