"""What a person sees: the command line, reports without a screen, and the explorer, which imports Textual."""
