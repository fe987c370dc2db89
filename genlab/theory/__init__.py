"""Claims of the theory, each measured on known densities with the library's own recipes: one module per claim."""
