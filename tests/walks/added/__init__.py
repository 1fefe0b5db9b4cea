"""What the walks of `docs/architecture.md` add: one file for each, as its author would write it.

The tests copy these files into a copy of the package. Nothing imports them from here.
"""
