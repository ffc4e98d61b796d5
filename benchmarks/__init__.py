"""How fast and how large: the numerical core beside its peers. `python -m benchmarks --help`."""
