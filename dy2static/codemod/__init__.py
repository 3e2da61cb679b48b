"""Tools for users' files: `check` reports what conversion refuses and what is a trap, `migrate` brings code over."""
