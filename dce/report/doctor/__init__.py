"""A checkup of a study: what is wrong, and what to do next."""
