"""Code versions: which definitions determine the result of a task, because its function reaches them.

Each module is *scanned* once: it is split into *units*, which are definitions with a digest and the names in them.
Starting from the function and the classes of a task, names are followed from unit to unit, through imports within
the task's own packages. If something cannot be followed reliably, the whole file or all files count.
"""
