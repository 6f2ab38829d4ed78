"""Contracts to typed code, a compatibility verdict, a wheel, a private index and upgrades of services."""
