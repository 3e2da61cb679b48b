"""Trace against source conversion, shown: the comparison of a model in every mode, as a table and as a page."""
