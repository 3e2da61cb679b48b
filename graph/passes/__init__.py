"""Graph -> Graph functions, one a file. `pipeline.optimize` runs them in order."""
