"""The HTTP API."""

from app.api.replies import remember_replies
from app.api.server import register

__all__ = ["register", "remember_replies"]
