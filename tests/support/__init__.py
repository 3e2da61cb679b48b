"""What tests share: golden files, random inputs, the comparison of modes, sample inputs of each op."""
