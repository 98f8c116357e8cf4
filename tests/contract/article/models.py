# models.py
import datetime
from sqlalchemy import (
    create_engine,
    Column,
    Integer,
    String,
    DateTime,
)
from sqlalchemy.orm import sessionmaker, declarative_base
from sqlalchemy import event

# Standard SQLAlchemy setup
DATABASE_URL = "postgresql://user:password@localhost/codecrafters_db"
engine = create_engine(DATABASE_URL)
SessionLocal = sessionmaker(autocommit=False, autoflush=False, bind=engine)
Base = declarative_base()

# Our main character: The User model
class User(Base):
    __tablename__ = "users"

    id = Column(Integer, primary_key=True, index=True)
    username = Column(String, unique=True, index=True, nullable=False)
    email = Column(String, unique=True, index=True, nullable=False)
    password_hash = Column(String, nullable=False)
    created_at = Column(DateTime, default=datetime.datetime.utcnow)
    updated_at = Column(DateTime, default=datetime.datetime.utcnow)

    def __repr__(self):
        return f"<User(id={self.id}, username='{self.username}')>"

# Some placeholder functions we'll use later
def hash_password(password: str) -> str:
    print(f"--> HASHING password for user...")
    # In a real app, use something like bcrypt
    return f"hashed_{password}"

def send_welcome_email(user_email: str):
    print(f"--> Sending welcome email to {user_email}...")
    # Imagine a real email sending logic here
    print("--> Email sent!")
