"""Where the pages hang."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("operator", __name__, url_prefix="/operator")
