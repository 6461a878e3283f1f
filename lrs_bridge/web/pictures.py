"""Pictures of numbers, drawn as SVG by pygal, for an <img>. The page beside has the same numbers as a table."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import pygal
from flask import Response
from pygal.style import Style

# pygal puts an importer of its maps there, of a kind that Python no longer asks: every import that fails would say so.
sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, pygal.PluginImportFixer)]

_COLOUR = "#1d4f91"
_STYLE = Style(
    background="white",
    plot_background="white",
    foreground="#0b0c0c",
    foreground_strong="#0b0c0c",
    foreground_subtle="#505a5f",
    colors=(_COLOUR,),
    opacity="1",
    guide_stroke_color="#d4d6d7",
    major_guide_stroke_color="#b1b4b6",
    font_family="sans-serif",
    label_font_size=13,
    major_label_font_size=13,
    value_font_size=12,
    value_label_font_size=12,
)
_ONLY_ITS_OWN_STYLE = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_LONGEST_LABEL = 24


def bars(parts: Sequence[tuple[str, int]]) -> Response:
    """Percentages of named parts, one bar each, the first on top."""
    chart = pygal.HorizontalBar(**_options(height=70 + 34 * max(1, len(parts))))
    chart.x_labels = [f"{_short(name)}: {percent} %" for name, percent in reversed(parts)]
    chart.add("", [percent for _, percent in reversed(parts)])
    return _answer(chart)


def line(points: Sequence[tuple[str, int]]) -> Response:
    """Percentages one after another."""
    chart = pygal.Line(**_options(height=300), print_values=True, dots_size=4, x_label_rotation=40)
    chart.x_labels = [name for name, _ in points]
    chart.add("", [percent for _, percent in points])
    return _answer(chart)


def _options(**more: Any) -> dict[str, Any]:
    return {
        "style": _STYLE,
        "js": [],
        "show_legend": False,
        "range": (0, 100),
        "y_labels": [0, 25, 50, 75, 100],
        "truncate_label": -1,
        "formatter": lambda value: f"{value:.0f} %",
        "width": 480,
        "no_data_text": "Nothing to show yet",
        **more,
    }


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 1]}…"


def _answer(chart: Any) -> Response:
    """Without pygal's script, which would only show tooltips; and with leave for its own style, and nothing else, where somebody
    opens the picture by itself."""
    chart.add_xml_filter(_without_scripts)
    answer = Response(chart.render(), mimetype="image/svg+xml")
    answer.headers["Content-Security-Policy"] = _ONLY_ITS_OWN_STYLE
    return answer


def _without_scripts(root: Any) -> Any:
    for parent in list(root.iter()):
        for child in [one for one in parent if str(one.tag).rpartition("}")[2] == "script"]:
            parent.remove(child)
    return root
