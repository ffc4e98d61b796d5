"""What a person sees: the terminal explorer and the command line. The only place that imports Textual."""
