"""Tracing: a graph of one execution, with guards where a tensor's value went to Python."""
