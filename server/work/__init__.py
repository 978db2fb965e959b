"""What takes time or money."""
