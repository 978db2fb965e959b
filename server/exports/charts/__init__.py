"""Charts: a Chart message becomes a picture, from a specification only this package writes."""

from server.exports.charts.drawing import drawable, specification, svg

__all__ = ["drawable", "specification", "svg"]
