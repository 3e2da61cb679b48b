"""What converters ask about a function: its names, how its blocks can end, which values flow where.

Nothing here changes a tree.
"""
