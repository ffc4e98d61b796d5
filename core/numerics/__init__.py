"""Arithmetic that knows no network: numbers beyond float64, graded matrices, norms of outer products."""
