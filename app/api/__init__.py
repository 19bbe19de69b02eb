"""The HTTP API."""

from app.api.server import register

__all__ = ["register"]
