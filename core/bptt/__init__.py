"""Backpropagation through time, and the gradient taken apart by lag."""
