"""What stands for values while a graph is made: staged tensors and numbers, optionals, texts, what is chosen among
ordinary values; and their descriptions."""
