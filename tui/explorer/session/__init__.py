"""Where a person is and what has been: cursor, history of settings, preferences."""
