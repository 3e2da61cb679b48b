"""From a function to its syntax tree and back: loading, compiling and showing source."""
