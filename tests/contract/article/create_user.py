# main.py
from models import User, SessionLocal

db = SessionLocal()
print("Creating a new user...")
# We add a temporary 'password' attribute that our listener will see
new_user = User(username="ada_lovelace", email="ada@example.com")
new_user.password = "supersecret123"
db.add(new_user)
db.commit()
print(f"User created: {new_user}")
print(f"Password in DB: {new_user.password_hash}")
