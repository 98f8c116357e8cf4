"""The list is complete, and every event knows its arguments, options and values."""

from __future__ import annotations

from cormorant.event.catalog import (
    EVENTS,
    FAMILIES,
    AttributeEvents,
    InstanceEvents,
    InstrumentationEvents,
    MapperEvents,
    QueryEvents,
    RegistryEvents,
    SessionEvents,
)
from cormorant.event.constants import EXT_CONTINUE

CHANGE = "session, instance"
WRITE = "mapper, connection, target"
LISTED = {
    AttributeEvents: {
        "init_scalar": "target, value, dict_",
        "init_collection": "target, collection, collection_adapter",
        "set": "target, value, oldvalue, initiator",
        "bulk_replace": "target, values, initiator, keys",
        "append": "target, value, initiator, key",
        "append_wo_mutation": "target, value, initiator, key",
        "remove": "target, value, initiator, key",
        "dispose_collection": "target, collection, collection_adapter",
        "modified": "target, initiator",
    },
    MapperEvents: {
        "instrument_class": "mapper, class_",
        "after_mapper_constructed": "mapper, class_",
        "before_configured": "",
        "before_mapper_configured": "mapper, class_",
        "mapper_configured": "mapper, class_",
        "after_configured": "",
        "before_insert": WRITE,
        "after_insert": WRITE,
        "before_update": WRITE,
        "after_update": WRITE,
        "before_delete": WRITE,
        "after_delete": WRITE,
    },
    InstanceEvents: {
        "first_init": "manager, cls",
        "init": "target, args, kwargs",
        "init_failure": "target, args, kwargs",
        "load": "target, context",
        "refresh": "target, context, attrs",
        "refresh_flush": "target, flush_context, attrs",
        "expire": "target, attrs",
        "pickle": "target, state_dict",
        "unpickle": "target, state_dict",
    },
    SessionEvents: {
        "after_transaction_create": "session, transaction",
        "after_begin": "session, transaction, connection",
        "do_orm_execute": "orm_execute_state",
        "after_bulk_update": "update_context",
        "after_bulk_delete": "delete_context",
        "loaded_as_persistent": CHANGE,
        "before_attach": CHANGE,
        "after_attach": CHANGE,
        "transient_to_pending": CHANGE,
        "detached_to_persistent": CHANGE,
        "before_commit": "session",
        "before_flush": "session, flush_context, instances",
        "after_flush": "session, flush_context",
        "pending_to_persistent": CHANGE,
        "persistent_to_deleted": CHANGE,
        "after_flush_postexec": "session, flush_context",
        "after_commit": "session",
        "after_rollback": "session",
        "after_soft_rollback": "session, previous_transaction",
        "deleted_to_persistent": CHANGE,
        "pending_to_transient": CHANGE,
        "persistent_to_transient": CHANGE,
        "deleted_to_detached": CHANGE,
        "persistent_to_detached": CHANGE,
        "after_transaction_end": "session, transaction",
    },
    QueryEvents: {
        "before_compile": "query",
        "before_compile_update": "query, update_context",
        "before_compile_delete": "query, delete_context",
    },
    InstrumentationEvents: {
        "class_instrument": "cls",
        "attribute_instrument": "cls, key, inst",
        "class_uninstrument": "cls",
    },
    RegistryEvents: {
        "resolve_type_annotation": "resolve_type",
        "before_configured": "registry",
        "after_configured": "registry",
    },
}


def test_the_catalog_lists_every_event_with_its_arguments_in_firing_order() -> None:
    found = {
        family: {event.name: ", ".join(event.arguments) for event in family.events.values()}
        for family in FAMILIES
    }
    assert found == LISTED
    assert [list(events) for events in found.values()] == [list(e) for e in LISTED.values()]


def test_there_are_sixty_four_events_and_two_names_stand_in_two_families() -> None:
    assert sum(len(family.events) for family in FAMILIES) == 64
    doubled = {n: [e.family for e in es] for n, es in EVENTS.items() if len(es) > 1}
    assert doubled == {
        "before_configured": [MapperEvents, RegistryEvents],
        "after_configured": [MapperEvents, RegistryEvents],
    }


def test_each_family_takes_its_own_options() -> None:
    common = {"after", "before", "insert", "named", "once", "priority", "propagate"}
    own = {f: {o for e in f.events.values() for o in e.options} - common for f in FAMILIES}
    assert own == {
        AttributeEvents: {"active_history", "include_key", "raw", "retval"},
        MapperEvents: {"raw", "retval"},
        InstanceEvents: {"raw", "restore_load_context"},
        SessionEvents: {"raw", "restore_load_context", "retval"},
        QueryEvents: {"retval", "bake_ok"},
        InstrumentationEvents: set(),
        RegistryEvents: {"retval"},
    }
    assert [e.name for e in SessionEvents.events.values() if "retval" in e.options] == [
        "do_orm_execute"
    ]


def test_the_object_stands_where_the_signature_says() -> None:
    positions = {
        family: {e.name: e.object_position for e in family.events.values()} for family in FAMILIES
    }
    assert positions[MapperEvents]["before_insert"] == 2
    assert positions[MapperEvents]["mapper_configured"] is None
    assert positions[InstanceEvents]["first_init"] is None
    assert set(positions[AttributeEvents].values()) == {0}
    assert positions[SessionEvents]["after_attach"] == 1
    assert positions[SessionEvents]["after_commit"] is None


def test_a_returned_value_means_something_for_these_events_only() -> None:
    values = {
        e.name: e.value_position or e.otherwise
        for family in (AttributeEvents, QueryEvents, InstanceEvents, SessionEvents)
        for e in family.events.values()
        if e.returns
    }
    assert values == {
        "init_scalar": 1,
        "set": 1,
        "append": 1,
        "append_wo_mutation": 1,
        "before_compile": None,
        "before_compile_update": None,
        "before_compile_delete": None,
    }
    assert {e.value_position for e in QueryEvents.events.values()} == {0}
    assert {e.otherwise for e in MapperEvents.events.values()} == {EXT_CONTINUE}
