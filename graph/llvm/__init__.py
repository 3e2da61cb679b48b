"""Native execution: the whole graph as one LLVM module. To read from the top:

`abi` is what code and runtime agree on. `module` writes a graph as a module, with a `writer` for each function, which
goes op by op: `forms` and `reductions` for the forms of `graph.ir.lowering`, `control_flow`, `list_ops`, `products` and
`built_in` for what the backend knows itself, `callbacks` for the rest. `values` says what a value is while code is
written, `ownership` who needs it still; `expressions` are values of which nothing is computed yet, `loop_nest` has the
loops in which they are; `scalars` is arithmetic on elements. `math` has the functions of floats, `runtime` all that is
around the code: memory, the way in from Python, compilation.
"""
