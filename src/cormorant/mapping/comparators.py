"""What users subclass to change or add operators of a relationship: comparator_factory."""

from __future__ import annotations

from typing import Any

from sqlalchemy.sql import operators

from cormorant.mapping.comparisons import compare_relationship
from cormorant.sql.inspection import PropComparator


class RelationshipComparator(PropComparator[Any]):
    """The operators of one relationship; `path`: the attribute that they are used on."""

    path: Any = None

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        """Answer with the SQL of an operator."""
        return compare_relationship(self.path, op, *other, **kwargs)

    def any(self, criterion: Any = None, **kwargs: Any) -> Any:
        """Ask whether some related row fulfils a criterion."""
        return self.operate(PropComparator.any_op, criterion, **kwargs)

    def has(self, criterion: Any = None, **kwargs: Any) -> Any:
        """Ask whether the related row fulfils a criterion."""
        return self.operate(PropComparator.has_op, criterion, **kwargs)

    def contains(self, other: Any, **_options: Any) -> Any:
        """Ask whether an object is a member."""
        return self.operate(operators.contains_op, other)

    def of_type(self, class_: Any) -> Any:
        """Narrow the related class."""
        return self.operate(PropComparator.of_type_op, class_)

    def and_(self, *criteria: Any) -> Any:
        """Add criteria to the join."""
        return self.operate(PropComparator.and_op, *criteria)
