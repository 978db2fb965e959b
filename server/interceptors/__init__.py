"""The one chain every call passes, over gRPC and over REST."""
