"""Charts as pure functions of (values, size, palette); `canvas` alone knows plotext."""
