"""Building a graph by running converted code on staged values, which have a type but no data."""
