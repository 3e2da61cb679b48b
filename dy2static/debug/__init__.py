"""For people who look for a mistake: tracebacks of their own code, stepping through graphs, shadow runs."""
