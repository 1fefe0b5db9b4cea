"""Which code decides what a task gives: the definitions that its function reaches.

A module is *scanned* once: taken apart into *units*, each a definition with its digest and the names in it. From the
function and the classes of a task, names are followed from unit to unit, through the imports of its own packages. What
cannot be followed surely counts as a whole file, or as all files.
"""
