"""Elementary functions as branch-free LLVM code, which the loop vectoriser widens to the machine's registers."""
