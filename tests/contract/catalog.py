"""The events a recorder can hear, by family, each with the names of its arguments."""

ATTRIBUTE = {
    "append": ("target", "value", "initiator"),
    "append_wo_mutation": ("target", "value", "initiator"),
    "bulk_replace": ("target", "values", "initiator"),
    "remove": ("target", "value", "initiator"),
    "set": ("target", "value", "oldvalue", "initiator"),
    "init_scalar": ("target", "value", "dict_"),
    "init_collection": ("target", "collection", "collection_adapter"),
    "dispose_collection": ("target", "collection", "collection_adapter"),
    "modified": ("target", "initiator"),
}
MAPPER_CONFIGURATION = {
    "instrument_class": ("mapper", "class_"),
    "after_mapper_constructed": ("mapper", "class_"),
    "before_mapper_configured": ("mapper", "class_"),
    "mapper_configured": ("mapper", "class_"),
}
MAPPER_WIDE = {"before_configured": (), "after_configured": ()}
MAPPER_FLUSH = {
    "before_insert": ("mapper", "connection", "target"),
    "after_insert": ("mapper", "connection", "target"),
    "before_update": ("mapper", "connection", "target"),
    "after_update": ("mapper", "connection", "target"),
    "before_delete": ("mapper", "connection", "target"),
    "after_delete": ("mapper", "connection", "target"),
}
INSTANCE = {
    "init": ("target", "args", "kwargs"),
    "init_failure": ("target", "args", "kwargs"),
    "load": ("target", "context"),
    "refresh": ("target", "context", "attrs"),
    "refresh_flush": ("target", "flush_context", "attrs"),
    "expire": ("target", "attrs"),
    "pickle": ("target", "state_dict"),
    "unpickle": ("target", "state_dict"),
}
FIRST_INIT = {"first_init": ("manager", "class_")}
SESSION = {
    "do_orm_execute": ("orm_execute_state",),
    "after_transaction_create": ("session", "transaction"),
    "after_transaction_end": ("session", "transaction"),
    "before_commit": ("session",),
    "after_commit": ("session",),
    "after_rollback": ("session",),
    "after_soft_rollback": ("session", "previous_transaction"),
    "before_flush": ("session", "flush_context", "instances"),
    "after_flush": ("session", "flush_context"),
    "after_flush_postexec": ("session", "flush_context"),
    "after_begin": ("session", "transaction", "connection"),
    "before_attach": ("session", "instance"),
    "after_attach": ("session", "instance"),
    "after_bulk_update": ("update_context",),
    "after_bulk_delete": ("delete_context",),
    "transient_to_pending": ("session", "instance"),
    "pending_to_transient": ("session", "instance"),
    "persistent_to_transient": ("session", "instance"),
    "pending_to_persistent": ("session", "instance"),
    "detached_to_persistent": ("session", "instance"),
    "loaded_as_persistent": ("session", "instance"),
    "persistent_to_deleted": ("session", "instance"),
    "deleted_to_persistent": ("session", "instance"),
    "deleted_to_detached": ("session", "instance"),
    "persistent_to_detached": ("session", "instance"),
}
QUERY = {
    "before_compile": ("query",),
    "before_compile_update": ("query", "update_context"),
    "before_compile_delete": ("query", "delete_context"),
}
INSTRUMENTATION = {
    "class_instrument": ("class_",),
    "class_uninstrument": ("class_",),
    "attribute_instrument": ("class_", "key", "attribute"),
}
REGISTRY = {
    "resolve_type_annotation": ("resolve_type",),
    "before_configured": ("registry",),
    "after_configured": ("registry",),
}
# 9 + 4 + 2 + 6 + 8 + 1 + 25 + 3 + 3 + 3 = the 64 events of the house.
FAMILIES = {
    "AttributeEvents": ATTRIBUTE,
    "MapperEvents": MAPPER_CONFIGURATION | MAPPER_WIDE | MAPPER_FLUSH,
    "InstanceEvents": INSTANCE | FIRST_INIT,
    "SessionEvents": SESSION,
    "QueryEvents": QUERY,
    "InstrumentationEvents": INSTRUMENTATION,
    "RegistryEvents": REGISTRY,
}

# Sets of states order these in the oracle: compared per name as multisets between two barriers.
UNORDERED = frozenset(
    name
    for name in (*SESSION, *INSTANCE)
    if "_to_" in name or name in ("before_attach", "after_attach", "loaded_as_persistent")
) | {"expire", "refresh", "load"}
BARRIERS = frozenset(
    {
        "before_flush",
        "after_flush",
        "after_flush_postexec",
        "before_commit",
        "after_commit",
        "after_rollback",
        "after_soft_rollback",
        "mark",
    }
)
