"""Exceptions: those that a run raises, those of Python met while staging, and mistakes of ours."""
