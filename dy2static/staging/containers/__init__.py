"""Lists, queues and iterators of converted code, which control flow of the graph may change."""
