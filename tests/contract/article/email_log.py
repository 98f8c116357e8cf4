@event.listens_for(User.email, 'set')
def log_email_change(target: User, value, oldvalue, initiator):
    """Listen for the 'set' event on the User.email attribute."""
    # The 'oldvalue' can be a special marker if the attribute wasn't loaded before
    print(f"ATTRIBUTE EVENT: User {target.username}'s email is being changed!")
    print(f" Old email: {oldvalue}")
    print(f" New email: {value}")
    # Here you could write to an audit log table
