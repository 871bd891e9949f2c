"""Bundled data sets, and the package that makes them."""
