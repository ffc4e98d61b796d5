"""Figures for print, slides and pages: charts laid out once as shapes, and written as SVG, PDF or PNG."""
