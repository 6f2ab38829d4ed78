"""Code from contracts: a function from a contract to files, and one place that writes them."""
