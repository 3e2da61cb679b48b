"""What Python's own callables mean for values of the graph, and what the calls that run as they are read and change."""
