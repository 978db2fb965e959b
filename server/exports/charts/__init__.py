"""Charts: a Chart message becomes a picture, from a specification only this package writes."""

from server.exports.charts.drawing import clean, drawable, png, specification, svg

__all__ = ["clean", "drawable", "png", "specification", "svg"]
