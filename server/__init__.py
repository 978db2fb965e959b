"""The core: one chain of interceptors, one service method, one store, one transaction."""
