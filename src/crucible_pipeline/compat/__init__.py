"""Compatibility: two contracts become a list of changes, and the changes a verdict."""
