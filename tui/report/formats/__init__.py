"""What a document and a trace are written as."""
