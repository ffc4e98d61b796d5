"""Networks from elsewhere: what stands in a file or a module of another library, and the recurrent parts of it.

A file of a format is a pure function from bytes to `Arrays`, names and numbers as they stand in it. `parts` finds the
recurrent layers among the names, `conventions` turns each into parameters of our own, and `checkpoint` says what is
known of them and makes the network. Nothing that stands in a file is ever run.
"""
