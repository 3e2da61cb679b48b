"""Random programs on tensors and Python values, of all constructs that conversion knows.

Every name holds values of one kind (`writer.KINDS`). What can be written is a table of small functions, each of which
writes one construct and calls the writer for its parts: `@expression("t")` in `tensors` and `python_values`,
`@simple()` in `simple_statements`, `@compound()` in `compound_statements` and `functions`. The name of the function is
what `make fuzz FUZZ_ARGS=--constructs` counts. What programs call is in `prelude`; `shrink` makes smaller programs of
those that differ, on the syntax tree, so it knows of no construct. A seed is one program.
"""
