"""`dy2static check`: what conversion refuses, and what is a trap, in functions that are converted. Nothing is run."""
