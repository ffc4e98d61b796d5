"""What a person chooses: the settings of an Experiment, and named presets of them."""
