"""Traces, trainings and dynamics in words, for the title line, the panels and the report alike."""
