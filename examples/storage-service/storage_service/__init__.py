"""Stores evaluations and tells how they stand."""
