"""What is kept: one file per resource, each statement scoped to one organization."""
