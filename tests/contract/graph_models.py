"""Five classes that refer to each other in every way: members, posts, tags and comments."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String, Table

from .oracle import Orm


def forum(orm: Orm, engine: Engine | None = None) -> Any:
    """Declare Member, its joined subclass Premium, Post, Tag and Comment; make their tables.

    Posts belong to members, tags and posts are many-to-many, comments belong to posts, which
    own them, and answer each other.
    """
    Base: Any = orm.declarative_base()
    post_tags = Table(
        "post_tags",
        Base.metadata,
        Column("post_id", ForeignKey("posts.id"), primary_key=True),
        Column("tag_id", ForeignKey("tags.id"), primary_key=True),
    )

    class Member(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "members"
        id = Column(Integer, primary_key=True)
        kind = Column(String(20))
        name = Column(String(50), nullable=False)
        posts = orm.relationship("Post", back_populates="author", order_by="Post.id")
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "member"}

    class Premium(Member):
        __tablename__ = "premiums"
        id: Any = Column(ForeignKey("members.id"), primary_key=True)
        level = Column(Integer, nullable=False)
        __mapper_args__ = {"polymorphic_identity": "premium"}

    class Post(Base):  # type: ignore[misc] # as above
        __tablename__ = "posts"
        id = Column(Integer, primary_key=True)
        title = Column(String(50), nullable=False)
        author_id: Any = Column(ForeignKey("members.id"))
        author = orm.relationship("Member", back_populates="posts")
        tags = orm.relationship(
            "Tag", secondary=post_tags, back_populates="posts", order_by="Tag.id"
        )
        comments = orm.relationship(
            "Comment",
            back_populates="post",
            cascade="all, delete-orphan",
            order_by="Comment.id",
        )

    class Tag(Base):  # type: ignore[misc] # as above
        __tablename__ = "tags"
        id = Column(Integer, primary_key=True)
        name = Column(String(50), unique=True)
        posts = orm.relationship(
            "Post", secondary=post_tags, back_populates="tags", order_by="Post.id"
        )

    class Comment(Base):  # type: ignore[misc] # as above
        __tablename__ = "comments"
        id = Column(Integer, primary_key=True)
        text = Column(String(50), nullable=False)
        post_id: Any = Column(ForeignKey("posts.id"))
        parent_id: Any = Column(ForeignKey("comments.id"))
        post = orm.relationship("Post", back_populates="comments")
        parent = orm.relationship("Comment", back_populates="replies", remote_side=id)
        replies = orm.relationship(
            "Comment", back_populates="parent", cascade="all", order_by="Comment.id"
        )

    # A registry holds its classes weakly: one class must keep the others alive.
    Base.classes = (Member, Premium, Post, Tag, Comment)
    if engine is not None:
        Base.metadata.create_all(engine)
    return SimpleNamespace(
        Base=Base, Member=Member, Premium=Premium, Post=Post, Tag=Tag, Comment=Comment
    )
