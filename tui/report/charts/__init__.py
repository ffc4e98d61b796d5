"""Charts as pure functions of (values, size, palette); only `terminal` knows plotext."""
