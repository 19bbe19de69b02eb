"""What gunicorn serves: ``gunicorn app.wsgi:server``. Settings come from the environment."""

from __future__ import annotations

from app import standing
from app.factory import create_app
from pipeline.settings import read_settings

server = create_app(read_settings()).server
standing.keep(server)
