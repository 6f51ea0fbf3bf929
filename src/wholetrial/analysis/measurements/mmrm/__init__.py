"""Mixed models for repeated measures: fit, contrasts with their degrees of freedom, visits."""
