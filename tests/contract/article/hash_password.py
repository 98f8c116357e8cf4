@event.listens_for(User, 'before_insert')
def hash_user_password(mapper, connection, target: User):
    """Listen for the 'before_insert' event on the User model.
    The 'target' is the actual User instance being processed.
    """
    print(f"EVENT: 'before_insert' on {target}")
    # We'll get a 'password' attribute from the user object, hash it,
    # and store it in 'password_hash'
    # In a real app, you'd handle the temporary password attribute more cleanly.
    if hasattr(target, 'password'):
        target.password_hash = hash_password(target.password)
        del target.password # Don't keep the plain-text password in memory
