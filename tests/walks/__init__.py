"""Applies the walks of `docs/architecture.md` to a copy of the package, and builds projects with what they add."""
