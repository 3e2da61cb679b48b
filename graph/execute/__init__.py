"""What runs a graph: the interpreter, which says what a graph means, and the NumPy program, which is fast."""
