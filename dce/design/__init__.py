"""How good a design is, the search for a better one, its blocks and diagnostics."""
