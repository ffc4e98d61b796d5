"""A person's own table of data: how a file becomes columns, columns windows, and windows a task."""
