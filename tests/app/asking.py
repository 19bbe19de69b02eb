"""Asking the API in tests: addresses with their places filled in, and what a refusal looks like."""

from __future__ import annotations

import re

PLACES = {"meter": "m1", "system": "B1", "pack": "1", "cell": "2", "source": "m1"}
NEEDED = {"/series": "source=m1&signal=com_ap", "/quality/calendar": "source=m1"}
NEEDED |= {"/quality/findings": "source=m1", "/find": "text=power"}
FILE = re.compile(r"/work|site-packages|Traceback")


def address(path: str, query: str = "", **places: str) -> str:
    for name, value in (PLACES | places).items():
        path = path.replace(f"{{{name}}}", value)
    return f"/api{path}?{query}"


def asked(path: str, query: str = "", **places: str) -> str:
    template = path
    return address(path, "&".join(part for part in (NEEDED.get(template, ""), query) if part), **places)


def assert_problem(answer, status: int) -> str:
    assert answer.status_code == status, answer.data
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == status
    assert set(answer.json) >= {"type", "title", "detail"}
    assert not FILE.search(answer.json["detail"])
    return str(answer.json["detail"])
