"""Replays recordings of a real server against the simulator and compares the answers."""
