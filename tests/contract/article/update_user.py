# main.py continued...
user_to_update = db.query(User).filter_by(username="ada_lovelace").one()
print(f"\\nUpdating user {user_to_update.username}...")
print(f"Timestamp before update: {user_to_update.updated_at}")
user_to_update.email = "ada.lovelace@newdomain.com"
db.commit()
print(f"Timestamp after update: {user_to_update.updated_at}")
