"""How the values that a model gets and gives are distributed: counts over fixed bins, and how far other rows are from them.

Everything here works on the arrays of the model itself, with numpy only, so a server can count as cheaply as a build.
"""
