"""Work beside the interface, in threads, and what keeps the interface first."""
