@event.listens_for(User, 'after_insert')
def send_user_welcome_email(mapper, connection, target: User):
    """Listen for the 'after_insert' event."""
    print(f"EVENT: 'after_insert' on {target}")
    # The user is now safely in the database. Time to send the email!
    send_welcome_email(target.email)
