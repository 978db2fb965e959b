"""The direct answer to a question, computed from the data whether or not it is remarkable."""
