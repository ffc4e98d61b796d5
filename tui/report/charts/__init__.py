"""Charts as pure functions of (values, size, palette); only `plotext_canvas` knows plotext."""
