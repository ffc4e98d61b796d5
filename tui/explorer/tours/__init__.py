"""Tours: those that come with the program, one TOML file each, and how a teacher's own are read and written."""
