"""When ops run, and how long their values live."""
