"""Slides: a deck in this product's look, the shapes put on it, and charts people can edit."""
