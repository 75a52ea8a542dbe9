"""What people open who were not there: the what-if page."""
