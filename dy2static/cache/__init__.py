"""Compiled programs and when they may be used again."""
