"""What a page says beyond a report: the claims, what every symbol means, the settings and the command."""
