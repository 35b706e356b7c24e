"""Kinds of GPU cards and vGPU profiles."""
