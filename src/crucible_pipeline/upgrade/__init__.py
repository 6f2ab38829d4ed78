"""Upgrades: a service's pins move, and the proposal says which of its lines break."""
