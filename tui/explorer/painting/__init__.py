"""How the explorer paints: what is in sight, strips of cells, repaints held until they belong together."""
