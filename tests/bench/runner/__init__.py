"""Runs the benchmark programs, compares them, and writes down what came out."""
