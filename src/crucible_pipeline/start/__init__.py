"""Starts a repository of contracts for another organisation."""
