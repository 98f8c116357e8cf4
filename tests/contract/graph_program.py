"""Random programs on members, posts, tags and comments: a graph that is built and torn.

What the programs leave out, and why (the differences are wanted: docs/differences.md):

- A new post names its author and a new comment its parent, None included: else `merge` would
  copy the None that is known here once the row is written, and is not in the oracle
  (test_a_column_that_was_inserted_as_null_is_known_to_be_none).
- What a step uses has its key read, as in `Play.held`; where a step changes references, all that
  the session holds: the old parent matters too.
- A new comment has its replies read: the oracle makes that collection in a flush, when it looks
  along the cascades of a pending comment that left.
- Nothing is added or merged again once a rollback took an object with unwritten changes, or one
  that was deleted, or one with pairs or stored members: the oracle keeps the changes, goes along
  them to members that left, takes who was deleted for deleted later, and loses the pairs and the
  members (test_a_rolled_back_object_forgets_its_changes,
  test_who_was_deleted_and_rolled_back_is_pending_when_it_comes_again,
  test_pairs_of_rolled_back_objects_are_written_when_they_come_again).
- A post or comment that was deleted is not merged: the flush that deleted it loaded what it
  refers to in the oracle, and merge copies that
  (test_a_deleted_object_refers_to_what_was_read_before).
- A premium member is not merged once its row is gone: a plain member may have its key, and the
  oracle writes half of one onto the other (test_a_subclass_is_not_merged_onto_its_base).
- A comment has nothing left to write when it leaves the session: a wanted difference is not proved
  yet of one that answers another comment by then.
- What holds one that left the session is not expired, deleted or
  orphaned after that: the oracle expires detached objects
  (test_an_expiry_reaches_members_of_the_session_only), leaves their pairs
  (test_a_deleted_owner_takes_the_pairs_of_members_outside_along), and deletes them again
  (test_deleting_what_is_deleted_leaves_the_session_in_order).
- No comment that left its post, nor a reply below it, gets or has pending replies: the oracle
  deletes what has no row (test_a_pending_reply_to_an_orphan_is_no_row_to_delete).
- A pending comment is flushed before it gets another post: the oracle drops it
  (test_a_pending_child_that_moves_to_another_owner_stays_in_the_session).
- After a pending object has left the session nothing new is added before the next flush: the
  oracle numbers new objects by counting them, gives one number twice, and leaves the order of
  the two to chance.
- What the table refuses is flushed alone: which other tables are written before is left to chance
  by the oracle, see `by_class` in wanted.py. The programs on users fail in the midst.
- Nobody changes who refers to an owner whose list in memory does not hold them, and no tag that
  has left the session leaves its posts: the oracle tells of removals that do not take place
  (test_a_list_that_lacks_who_leaves_from_the_other_side_is_not_told).
- A reply is moved with nothing left to write: the oracle keeps one that an orphan takes along, and
  its row refers to what is deleted (test_who_is_deleted_and_comes_into_another_list_is_deleted).
- Replies make no circles: those of persistent comments can be written here, not in the oracle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .heard import Recorder
from .oracle import Orm
from .playing import ACTS_OF_ALL, Play, Step

KINDS = ("members", "posts", "tags", "comments")
OWNED = ("posts", "comments", "replies")


class Graph(Play):
    """A program at work: its objects by kind, in the order in which it met them."""

    def __init__(self, orm: Orm, world: Any, session: Any, heard: Recorder) -> None:
        """Begin without objects."""
        super().__init__(orm, world, session, heard)
        self.members: list[Any] = []
        self.posts: list[Any] = []
        self.tags: list[Any] = []
        self.comments: list[Any] = []
        self.torn: list[Any] = []

    def known(self, number: int) -> list[Any]:
        """Return the objects of one kind."""
        found: list[Any] = getattr(self, KINDS[number % 4])
        return found

    def named(self, kind: str) -> str:
        """Return a name that nobody has."""
        self.made += 1
        return f"{kind} {self.made}"

    def enter(self, known: list[Any], new: Any) -> Any:
        """Add a new object to the session and remember it."""
        known.append(new)
        self.session.add(new)
        return new

    def read(self, obj: Any) -> Any:
        """Return an object whose key has been read."""
        assert obj is None or obj.id is None or obj.id > 0
        return obj

    @contextmanager
    def leaving(self, obj: Any) -> Iterator[None]:
        """Write the rest at once where the object that leaves in the block is pending."""
        pending = obj in self.session.new
        yield
        if pending:
            self.session.flush()

    def read_keys(self) -> None:
        """Read the keys of all that the session holds."""
        for obj in self.everything():
            if obj in self.session and obj not in self.session.deleted:
                self.read(obj)

    def take(self, step: Step) -> None:
        """Do one step; remember who lost unwritten changes by it."""
        changed = [*self.session.dirty, *self.session.deleted]
        changed += [obj for obj in self.everything() if self.orm.inspect(obj).deleted]
        super().take(step)
        self.torn += [obj for obj in changed if self.orm.inspect(obj).transient]

    def everything(self) -> list[Any]:
        """Return all objects that the program has met."""
        return [obj for kind in KINDS for obj in getattr(self, kind)]

    def lost(self, known: list[Any], number: int) -> Any:
        """Return an object that the session does not hold; None after a rollback of much."""
        return None if self.much_was_lost() else super().lost(known, number)

    def much_was_lost(self) -> bool:
        """Tell whether a rollback left a transient object with changes, pairs or members."""
        transient = [obj for obj in self.everything() if self.orm.inspect(obj).transient]
        return any(
            self.paired(obj)
            or any(each in self.session for key in OWNED for each in vars(obj).get(key, ()))
            or any(obj is each for each in self.torn)
            for obj in transient
        )

    def paired(self, obj: Any) -> list[Any]:
        """Return the posts of a tag or the tags of a post, as far as they are loaded."""
        key = {self.world.Post: "tags", self.world.Tag: "posts"}.get(type(obj))
        return list(vars(obj).get(key, ()))

    def is_missed(self, obj: Any) -> bool:
        """Tell whether a list in memory does not hold who refers to its owner."""
        held = [
            *((each, "posts", "author") for each in self.members),
            *((each, "comments", "post") for each in self.posts),
            *((each, "replies", "parent") for each in self.comments),
        ]
        return any(
            key in vars(owner) and obj not in vars(owner)[key]
            for owner, key, reference in held
            if self.refers(obj, reference, owner)
        ) or any(self.misses(each, obj) for each in self.paired(obj))

    def misses(self, one: Any, other: Any) -> bool:
        """Tell whether a tag or post has a list in memory that does not hold another one."""
        key = "tags" if isinstance(one, self.world.Post) else "posts"
        return key in vars(one) and other not in vars(one)[key]

    def refers(self, obj: Any, reference: str, owner: Any) -> bool:
        """Tell whether an object refers to an owner, by its key or in memory."""
        if not hasattr(type(obj), reference):
            return False
        key = vars(obj).get(f"{reference}_id")
        return vars(obj).get(reference) is owner or (
            key is not None and owner in self.session and owner.id == key
        )

    def add_member(self, first: int, second: int) -> Any:
        """Add a member, every other one premium."""
        name, world = self.named("member"), self.world
        premium = second % 2
        new = world.Premium(name=name, level=first) if premium else world.Member(name=name)
        return self.enter(self.members, new)

    def add_post(self, first: int, second: int) -> Any:
        """Add a post, with an author or with none."""
        author = self.held(self.members, first) if second % 3 else None
        return self.enter(self.posts, self.world.Post(title=self.named("post"), author=author))

    def add_tag(self, first: int, second: int) -> Any:
        """Add a tag, on a post or on none."""
        tag = self.world.Tag(name=self.named("tag"))
        post = self.held(self.posts, first)
        self.tags.append(tag)
        if post is None or second % 3 == 0:
            self.session.add(tag)
        else:
            post.tags.append(tag)
        return tag

    def add_comment(self, first: int, second: int) -> Any:
        """Add a comment to a post."""
        post = self.held(self.posts, first)
        if post is None:
            return None
        comment = self.world.Comment(text=self.named("comment"), parent=None)
        self.comments.append(comment)
        assert not comment.replies
        post.comments.append(comment)
        return comment

    def answer(self, first: int, second: int) -> Any:
        """Add a comment that answers another one, on the same post."""
        parent = self.held(self.comments, first)
        post = self.read(parent.post) if parent is not None else None
        if post is None or not self.is_on_a_post(parent):
            return None
        reply = self.world.Comment(text=self.named("reply"))
        reply.post = post
        assert not reply.replies
        self.comments.append(reply)
        parent.replies.append(reply)
        return reply

    def is_on_a_post(self, comment: Any) -> bool:
        """Tell whether a comment and all that it answers, step by step, have a post."""
        while comment is not None and self.read(comment.post) is not None:
            comment = self.read(comment.parent)
        return comment is None

    def rename(self, first: int, second: int) -> Any:
        """Change a member; now and then to what the table refuses."""
        member = self.held(self.members, first)
        if member is None:
            return
        member.name = f"name {second}"
        if second == 7:
            self.session.flush()
            member.name = None
            self.session.flush()

    def promote(self, first: int, second: int) -> Any:
        """Change a premium member in the table of its own class."""
        member = self.held(self.members, first)
        if isinstance(member, self.world.Premium):
            member.level = second

    def move(self, first: int, second: int) -> Any:
        """Give a post to a member, or to nobody."""
        self.read_keys()
        post = self.held(self.posts, first)
        if post is not None and not self.is_missed(post):
            post.author = self.held(self.members, second) if second % 4 else None

    def append(self, first: int, second: int) -> Any:
        """Append a post to the collection of a member."""
        self.read_keys()
        member, post = self.held(self.members, first), self.held(self.posts, second)
        if member is None or post is None or post in member.posts:
            return
        if not self.is_missed(post):
            member.posts.append(post)

    def replace(self, first: int, second: int) -> Any:
        """Replace the collection of a member by some posts."""
        self.read_keys()
        member = self.held(self.members, first)
        posts = self.some(self.posts, second)
        if member is None or any(map(self.is_missed, posts)):
            return
        states = map(self.orm.inspect, member.posts)
        if not any(each.deleted or each.was_deleted for each in states):  # see Play.held
            member.posts = posts

    def some(self, known: list[Any], number: int) -> list[Any]:
        """Return up to two of the objects that are held."""
        found = [self.held(known, number + step) for step in range(number % 3)]
        return list({id(each): each for each in found if each is not None}.values())

    def tag(self, first: int, second: int) -> Any:
        """Put a tag on a post, from either side."""
        post, tag = self.held(self.posts, first), self.held(self.tags, second)
        if post is None or tag is None or tag in post.tags or post in tag.posts:
            return
        if first % 2:
            post.tags.append(tag)
        else:
            tag.posts.append(post)

    def untag(self, first: int, second: int) -> Any:
        """Take a tag from a post, from either side."""
        self.read_keys()
        post = self.held(self.posts, first)
        tag = self.one_of(list(post.tags) if post is not None else [], second)
        gone = tag is None or tag not in self.session or tag in self.session.deleted
        if gone or self.is_missed(post):
            return
        if first % 2:
            post.tags.remove(tag)
        else:
            tag.posts.remove(post)

    def retag(self, first: int, second: int) -> Any:
        """Replace the tags of a post."""
        self.read_keys()
        post = self.held(self.posts, first)
        if post is None or any(self.misses(tag, post) for tag in post.tags):
            return
        if all(tag in self.session for tag in post.tags):
            post.tags = self.some(self.tags, second)

    def move_comment(self, first: int, second: int) -> Any:
        """Move a comment to another post."""
        self.read_keys()
        comment, post = self.held(self.comments, first), self.held(self.posts, second)
        if comment is not None and post is not None and not self.is_missed(comment):
            if comment in self.session.new or self.read(comment.parent) is not None:
                self.session.flush()
            if comment in self.session:
                comment.post = post

    def orphan(self, first: int, second: int) -> Any:
        """Take a comment away from its post, which owns it."""
        self.read_keys()
        post = self.held(self.posts, first)
        comment = self.one_of(list(post.comments) if post is not None else [], second)
        if comment is not None and self.keeps_its_members(comment):
            if comment not in self.session.new:
                self.session.flush()
            else:
                self.torn.append(comment)
            with self.leaving(comment):
                post.comments.remove(comment)

    def adopt(self, first: int, second: int) -> Any:
        """Let a comment answer an earlier one, or none."""
        self.read_keys()
        comment, parent = self.held(self.comments, first), self.held(self.comments, second)
        if comment is None or self.is_missed(comment):
            return
        if second % 4 == 0 or parent is None or not self.is_earlier(parent, comment):
            comment.parent = None
        else:
            comment.parent = parent

    def is_earlier(self, one: Any, other: Any) -> bool:
        """Tell which of two comments the program met first: replies make no cycles."""
        met = [id(each) for each in self.comments]
        return met.index(id(one)) < met.index(id(other))

    def look(self, first: int, second: int) -> Any:
        """Read the collections of one object."""
        kind = KINDS[first % 4]
        obj = self.held(self.known(first), second)
        if obj is None:
            return None
        keys = {
            "members": ("posts",),
            "posts": ("tags", "comments"),
            "tags": ("posts",),
            "comments": ("replies",),
        }[kind]
        return [list(getattr(obj, key)) for key in keys]

    def delete(self, first: int, second: int) -> Any:
        """Delete an object and what it owns."""
        obj = self.held(self.known(first), second)
        if obj is not None:
            self.session.flush()
            self.read_keys()
            if obj in self.session and self.keeps_its_members(obj):
                self.session.delete(obj)

    def keeps_its_members(self, obj: Any) -> bool:
        """Tell whether nobody whom an object owns, or is known to hold, has left the session.

        What they refer to is read: the oracle would load it in the flush that deletes them.
        """
        for key in ("author", "post", "parent"):
            self.read(getattr(obj, key, None))
        owned = [*getattr(obj, "comments", []), *getattr(obj, "replies", [])]
        held = [*owned, *vars(obj).get("tags", ()), *vars(obj).get("posts", ())]
        return all(each in self.session for each in held) and all(
            self.keeps_its_members(each) for each in owned
        )

    def expire(self, first: int, second: int) -> Any:
        """Expire an object, with nothing left to write."""
        self.session.flush()
        obj = self.held(self.known(first), second)
        if obj is not None and self.keeps_its_members(obj):
            self.session.expire(obj)

    def expunge(self, first: int, second: int) -> Any:
        """Take an object and what it owns out of the session."""
        if self.session.deleted:
            self.session.flush()
        obj = self.held(self.known(first), second)
        if obj is not None:
            if isinstance(obj, self.world.Comment) and obj not in self.session.new:
                self.session.flush()
            with self.leaving(obj):
                self.session.expunge(obj)

    def merge(self, first: int, second: int) -> Any:
        """Merge an object that the session does not hold."""
        self.read_keys()
        obj = self.lost(self.known(first), second)
        if obj is not None and not self.left_its_row(obj):
            self.read_target(obj)
            merged = self.session.merge(obj)
            self.known(first).append(merged)
            return merged

    def left_its_row(self, obj: Any) -> bool:
        """Tell whether the row of a post, comment or premium member was deleted or rolled back."""
        state = self.orm.inspect(obj)
        if isinstance(obj, (self.world.Post, self.world.Comment)):
            return bool(state.was_deleted or state.deleted)
        gone = state.transient or state.was_deleted or state.deleted
        return bool(isinstance(obj, self.world.Premium) and gone)

    def read_target(self, obj: Any) -> None:
        """Read the key of the object that the session holds in the place of another one."""
        identity = self.orm.inspect(obj).identity
        for each in self.session:
            if type(each) is type(obj) and self.orm.inspect(each).identity == identity:
                self.read(each)

    def add_again(self, first: int, second: int) -> Any:
        """Add an object that the session does not hold."""
        self.read_keys()
        obj = self.lost(self.known(first), second)
        if obj is not None:
            self.session.add(obj)

    def get(self, first: int, second: int) -> Any:
        """Get by primary key and remember what comes."""
        world = self.world
        class_ = (world.Member, world.Post, world.Tag, world.Comment)[first % 4]
        known = self.known(first)
        found = self.session.get(class_, second + 1)
        if found is not None and not any(found is item for item in known):
            known.append(found)
        return found


ACTS: dict[str, Callable[[Graph, int, int], Any]] = {
    "add member": Graph.add_member,
    "add post": Graph.add_post,
    "add tag": Graph.add_tag,
    "add comment": Graph.add_comment,
    "answer": Graph.answer,
    "rename": Graph.rename,
    "promote": Graph.promote,
    "move": Graph.move,
    "append": Graph.append,
    "replace": Graph.replace,
    "tag": Graph.tag,
    "untag": Graph.untag,
    "retag": Graph.retag,
    "move comment": Graph.move_comment,
    "orphan": Graph.orphan,
    "adopt": Graph.adopt,
    "look": Graph.look,
    "delete": Graph.delete,
    "expire": Graph.expire,
    "expunge": Graph.expunge,
    "merge": Graph.merge,
    "add again": Graph.add_again,
    "get": Graph.get,
} | ACTS_OF_ALL
Graph.acts = ACTS
