"""The Kubernetes service: supported versions and clusters."""
