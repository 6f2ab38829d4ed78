"""Contracts: YAML files become one frozen value, with a place in a file for everything it says."""
