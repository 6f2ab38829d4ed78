"""Follows the events of evaluations and keeps the status of each."""
