"""Control flow of the graph: branches, loops, `try`, functions that call themselves. Each stages blocks as regions."""
