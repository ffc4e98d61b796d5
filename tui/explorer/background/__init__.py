"""Work that goes on while the interface answers, in threads, and what keeps the interface first."""
