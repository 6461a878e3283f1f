"""Where the pages hang."""

from __future__ import annotations

from flask import Blueprint

from lrs_bridge.moments import in_words

blueprint = Blueprint("board", __name__, url_prefix="/boards")
blueprint.add_app_template_filter(in_words, "day")
