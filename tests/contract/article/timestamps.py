class TimestampMixin:
    created_at = Column(DateTime, default=datetime.datetime.utcnow, nullable=False)
    updated_at = Column(DateTime, default=datetime.datetime.utcnow, nullable=False)

# Update our User model to use it
class User(Base, TimestampMixin):
    # ... (remove the explicit created_at/updated_at columns)
    ...

# Now, the session event. You can define this anywhere your session is configured.
@event.listens_for(SessionLocal, 'before_flush')
def universal_timestamp_listener(session, flush_context, instances):
    """Listen for the 'before_flush' event on any session."""
    print("SESSION EVENT: 'before_flush'")
    # Iterate over all new and modified objects in the session
    for instance in session.new.union(session.dirty):
        if isinstance(instance, TimestampMixin):
            # If the object has our mixin, update its timestamp
            instance.updated_at = datetime.datetime.utcnow()
            # If it's a new object, also set the created_at timestamp
            if instance in session.new:
                instance.created_at = datetime.datetime.utcnow()
