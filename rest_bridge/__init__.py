"""The REST front: HTTP in, protobuf to the core, JSON out."""
