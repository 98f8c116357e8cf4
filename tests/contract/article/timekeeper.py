@event.listens_for(User, 'before_update')
def update_timestamp(mapper, connection, target: User):
    """Listen for the 'before_update' event."""
    print(f"EVENT: 'before_update' on {target}")
    # Update the updated_at field to the current time
    target.updated_at = datetime.datetime.utcnow()
