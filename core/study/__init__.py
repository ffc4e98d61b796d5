"""Many experiments: what is kept of each."""
