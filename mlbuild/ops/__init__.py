"""Preprocessing ops: one class per file, and the catalogue."""

from mlbuild.ops.category import Category
from mlbuild.ops.date_parts import DateParts
from mlbuild.ops.derive import Derive
from mlbuild.ops.impute import Impute
from mlbuild.ops.one_hot import OneHot
from mlbuild.ops.op import Op
from mlbuild.ops.ordinal import Ordinal
from mlbuild.ops.standard import Standard

#: Every op that a step can use, in the order of the reference pages.
OPS: tuple[type[Op], ...] = (Impute, Standard, DateParts, Ordinal, Category, OneHot, Derive)
