"""The branches of the entities of one statement: what its options say of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import exc as core_exc
from sqlalchemy.sql.base import ExecutableOption
from sqlalchemy.sql.cache_key import HasCacheKey

from cormorant.load.branches import Branch, branch_of, parts_of, usual_branch
from cormorant.load.chosen import meets
from cormorant.load.directives import WILDCARD, Directive, How
from cormorant.load.options import Load
from cormorant.sql.eager import layouts


def directives_of(options: Iterable[Any]) -> tuple[Directive, ...]:
    """Return what the loader options among `options` decide, in their order."""
    return tuple([each for one in options if isinstance(one, Load) for each in one.directives])


def refuse_conflicts(directives: Iterable[Directive]) -> None:
    """Refuse two loaders of one attribute that were both named for it."""
    known: dict[Any, Directive] = {}
    for each in directives:
        if each.key == WILDCARD or each.kind not in NAMING or each.how.loader == "default":
            continue
        other = known.setdefault((each.owner, each.path, each.kind, each.key), each)
        ours, theirs = each.how, other.how
        asked = (ours.loader, ours.innerjoin, ours.raises)
        if asked != (theirs.loader, theirs.innerjoin, theirs.raises):
            raise core_exc.InvalidRequestError(
                f"Loader strategy replacement {each} is in conflict with existing strategy "
                f"{other}. Name one loader for each attribute of a path."
            )


NAMING = frozenset(("relationship", "column"))
"""Kinds of directives that name an attribute."""


def carried_by(options: Iterable[Any]) -> tuple[Any, ...]:
    """Return the options of the user's own that later loads of the objects shall have."""
    return tuple(
        [
            one
            for one in options
            if getattr(one, "is_user_defined", False) and one.propagate_to_loaders
        ]
    )


class BranchOption(HasCacheKey, ExecutableOption):
    """Says what a read of the ORM's own loads: the branch itself stands for all options."""

    inherit_cache = False

    def __init__(self, branch: Branch, entity: Any) -> None:
        self.branch = branch
        self.entity = entity

    def _gen_cache_key(self, _anon_map: Any, _bindparams: Any) -> tuple[Any, ...]:
        return (BranchOption, self.branch)


class RowsAlone(HasCacheKey, ExecutableOption):
    """Says that nothing is joined to the rows of a statement: it is loaded on access."""

    inherit_cache = False

    @property
    def shape(self) -> Any:
        """The same for all statements."""
        return RowsAlone

    def _gen_cache_key(self, _anon_map: Any, _bindparams: Any) -> tuple[Any, ...]:
        return (RowsAlone,)


def branches_of(entities: Iterable[Any], options: Iterable[Any]) -> list[Branch]:
    """Return the branches of the entities of one statement; refuses options for others."""
    known = list(entities)
    if not options:
        return [_branch_of_all(entity) for entity in known]
    for each in options:
        if isinstance(each, BranchOption):
            return [each.branch if e is each.entity else _branch_of_all(e) for e in known]
    chosen = _chosen(known, options)
    if any(isinstance(each, RowsAlone) for each in options):
        return [_alone(branch) for branch in chosen]
    return chosen


def _chosen(known: list[Any], options: Iterable[Any]) -> list[Branch]:
    """Return the branches as loader options say."""
    directives = directives_of(options)
    refuse_conflicts(directives)
    carried = carried_by(options)
    for each in directives:
        root = each.root
        if each.kind == "subclasses":
            continue  # as SQLAlchemy: of another family it says nothing
        if root is not None and not any(_starts_at(root, entity) for entity in known):
            raise _misplaced(each, root, known)
    return [
        branch_of(
            entity.mapper, _for_root(entity, directives), (), carried, None, parts_of(entity)
        )
        for entity in known
    ]


def branches_alone(entities: Iterable[Any], options: Iterable[Any]) -> list[Branch]:
    """Return the branches of entities whose rows stand alone: what is joined is loaded later."""
    return [_alone(branch) for branch in branches_of(entities, options)]


def _alone(branch: Branch) -> Branch:
    if not branch.joined:
        return branch
    later = [
        Directive(along.prop.parent, (), "relationship", along.prop.key, How("select"))
        for along in branch.joined
    ]
    chosen = (*branch.directives, *later)
    return branch_of(branch.mapper, chosen, (), branch.carried, None, branch.parts)


def _branch_of_all(entity: Any) -> Branch:
    """Return the branch of an entity that no option speaks of."""
    if not entity.is_aliased_class:
        return usual_branch(entity.mapper)
    return branch_of(entity.mapper, parts=parts_of(entity))


def _starts_at(root: Any, entity: Any) -> bool:
    """Tell whether an option about `root` speaks of an entity of the statement."""
    if root is entity or getattr(root, "whole", None) is entity:
        return True
    if root.is_aliased_class or entity.is_aliased_class:
        return False
    return meets(root, entity)


def _for_root(entity: Any, directives: tuple[Directive, ...]) -> tuple[Directive, ...]:
    return tuple(
        [
            each.at_mapper()
            for each in directives
            if each.root is None or _starts_at(each.root, entity)
        ]
    )


def _misplaced(each: Directive, root: Any, known: list[Any]) -> core_exc.ArgumentError:
    if not known:
        return core_exc.ArgumentError(
            f"Query has only expression-based entities; attribute loader option {each} can't be "
            f"applied here. Select the class {root.class_.__name__} itself."
        )
    names = ", ".join(entity.class_.__name__ for entity in known)
    return core_exc.ArgumentError(
        f"Mapped class {root.class_.__name__} referenced in option {each} does not apply to any "
        f"of the root entities in this query, e.g. {names}. Please specify the full path from "
        f"one of the root entities to the target attribute."
    )


layouts.find = branches_of
layouts.find_alone = branches_alone
