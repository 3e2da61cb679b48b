"""Turns ordinary Python tensor programs into static graphs, by source conversion or by tracing."""
