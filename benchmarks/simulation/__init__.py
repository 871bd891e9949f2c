"""Simulated programs and search loops for the benchmarks."""
