"""Side-by-side timings: each of ours beside what a user would pick instead."""
