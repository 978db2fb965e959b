"""Turns snapshots into findings that can be checked."""
