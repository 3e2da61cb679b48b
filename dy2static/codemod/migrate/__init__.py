"""`dy2static migrate`: code of other frameworks, brought over. Each transformer is of one concept, each table of one
framework."""
