"""Graphs from their text. The printer is `graph.ir.printer`."""
