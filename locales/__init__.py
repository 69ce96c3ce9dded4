"""Catalogues: Chinese is the source, every other language a complete translation."""
