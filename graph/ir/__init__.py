"""The frozen SSA intermediate representation and the declaration of ops."""
