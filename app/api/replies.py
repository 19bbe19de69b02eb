"""Whole replies, remembered: what was laid out or drawn once for a build is sent again as it is.

What is sent for a callback, or as the layout of a page, follows from the request, the build that is served, the code,
the site file and the reader's language. A reply that tells of a failure is never kept, one that tells how old something
is for the minute in which it was made.
"""

from __future__ import annotations

import zlib
from hashlib import sha256

from flask import Flask, Response, g, request

from app import language, loader
from pipeline.errors import PackscopeError

UPDATE = "/_dash-update-component"
"""Where the browser asks callbacks."""
MOST_BYTES = 1_000_000
"""Longer replies are not kept [bytes]."""
LAYOUT = "/_dash-layout"
"""Where the browser asks for the frame, with the page in it that its query names."""
_FAILED = (b'"sideUpdate"', b'"ps-toast"', b"ps-toast-close")
"""What stands in a reply that says that something went wrong: beside its outputs, or within the page."""
_KEY = "_packscope_reply"


def remember_replies(server: Flask) -> None:
    """Answer callbacks from what is remembered; call it once all else that handles requests is registered.

    Parameters
    ----------
    server : Flask
        Its language is chosen by an earlier ``before_request``; the last ``after_request`` is called first, so that a
        reply is kept as it was before it is compressed.
    """
    server.before_request(_known)
    server.after_request(_kept)


def _known() -> Response | None:
    asked = _asked()
    key = _key_of(asked) if asked else None
    found = loader.recall(key) if key else None
    if found is None or found[2] not in (None, loader.minute()):
        setattr(g, _KEY, key)
        return None
    body, content_type, _ = found
    return Response(zlib.decompress(body), content_type=content_type)


def _asked() -> bytes | None:
    """Read what a callback, or the layout of a page, is asked by; None for any other request."""
    if request.path == UPDATE and request.method == "POST":
        return request.get_data()
    return request.query_string if request.path == LAYOUT and "path" in request.args else None


def _key_of(asked: bytes) -> str | None:
    """Name a request; None while there is no store to answer from."""
    try:
        build = loader.key_of(loader.current())
    except PackscopeError:
        return None
    said = f"{build}|{language.current()}|{loader.settings().max_points}|"
    return f"replies|{sha256(said.encode() + asked).hexdigest()}"


def _kept(response: Response) -> Response:
    key = g.get(_KEY)
    if key and response.status_code == 200 and not response.is_streamed:
        body = response.get_data()
        if len(body) <= MOST_BYTES and not any(mark in body for mark in _FAILED):
            loader.remember(key, (zlib.compress(body, 1), response.content_type, loader.minute_told()))
    return response
