"""Objects that change in place: where they are kept, who else has them, and what a block of the graph leaves behind."""
