"""Five classes that refer to each other in every way: the rows that a fault must not tear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String, Table, select

from cormorant import declarative_base, relationship

ROOT, SHELF, OLD = 1001, 1002, 1003
ABBEY, BLUE, COLD = 1011, 1012, 1013
LONE = 1034
"""Keys that no counter of a server reaches here."""


@dataclass(frozen=True, slots=True)
class Music:
    """The classes of one test: their listeners reach no other test."""

    Base: Any
    Folder: Any
    Album: Any
    Track: Any
    LiveTrack: Any
    Tag: Any
    track_tags: Any

    @property
    def classes(self) -> tuple[Any, ...]:
        """The five classes."""
        return (self.Folder, self.Album, self.Track, self.LiveTrack, self.Tag)


def declare(engine: Engine | None = None) -> Music:
    """Declare folders, albums, tracks and tags; make their tables where an engine is given."""
    Base: Any = declarative_base()
    track_tags = Table(
        "track_tags",
        Base.metadata,
        Column("track_id", ForeignKey("tracks.id"), primary_key=True),
        Column("tag_id", ForeignKey("tags.id"), primary_key=True),
    )

    class Folder(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "folders"
        id = Column(Integer, primary_key=True)
        name = Column(String(50), nullable=False)
        parent_id: Any = Column(ForeignKey("folders.id"))
        parent = relationship("Folder", back_populates="inner", remote_side=id)
        inner = relationship("Folder", back_populates="parent", order_by="Folder.id")
        albums = relationship("Album", back_populates="folder", order_by="Album.id")

    class Album(Base):  # type: ignore[misc] # as above
        __tablename__ = "albums"
        id = Column(Integer, primary_key=True)
        title = Column(String(50), nullable=False, unique=True)
        rating = Column(Integer)
        state = Column(String(20), server_default="fresh")
        version = Column(Integer, nullable=False)
        folder_id: Any = Column(ForeignKey("folders.id"))
        folder = relationship("Folder", back_populates="albums")
        tracks = relationship(
            "Track", back_populates="album", cascade="all, delete-orphan", order_by="Track.id"
        )
        __mapper_args__ = {"version_id_col": version}

    class Track(Base):  # type: ignore[misc] # as above
        __tablename__ = "tracks"
        id = Column(Integer, primary_key=True)
        kind = Column(String(20), nullable=False)
        title = Column(String(50), nullable=False)
        album_id: Any = Column(ForeignKey("albums.id"), nullable=False)
        album = relationship("Album", back_populates="tracks")
        tags = relationship(
            "Tag", secondary=track_tags, back_populates="tracks", order_by="Tag.id"
        )
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "studio"}

    class LiveTrack(Track):
        __tablename__ = "live_tracks"
        id: Any = Column(ForeignKey("tracks.id"), primary_key=True)
        city = Column(String(50))
        __mapper_args__ = {"polymorphic_identity": "live"}

    class Tag(Base):  # type: ignore[misc] # as above
        __tablename__ = "tags"
        id = Column(Integer, primary_key=True)
        name = Column(String(50), unique=True)
        tracks = relationship(
            "Track", secondary=track_tags, back_populates="tags", order_by="Track.id"
        )

    if engine is not None:
        Base.metadata.create_all(engine)
    return Music(Base, Folder, Album, Track, LiveTrack, Tag, track_tags)


FOLDERS = [(ROOT, "root", None), (SHELF, "shelf", ROOT), (OLD, "old", ROOT)]
ALBUMS = [
    (ABBEY, "Abbey", 3, "kept", 1, SHELF),
    (BLUE, "Blue", 4, "kept", 1, OLD),
    (COLD, "Cold", None, "kept", 1, OLD),
]
TRACKS = [
    (1021, "studio", "Come", ABBEY),
    (1022, "live", "Sun", ABBEY),
    (1023, "studio", "Carey", BLUE),
    (1024, "live", "River", BLUE),
    (1025, "studio", "Ice", COLD),
]
LIVE = [(1022, "London"), (1024, "Paris")]
TAGS = [(1031, "calm"), (1032, "loud"), (1033, "rare"), (LONE, "lone")]
PAIRS = [(1021, 1031), (1021, 1032), (1022, 1031), (1023, 1033), (1024, 1032)]


def prepare(music: Music, engine: Engine) -> None:
    """Bring the rows to where the work begins."""
    folders, albums, tracks, live, tags, pairs = tables(music)
    with engine.begin() as connection:
        connection.execute(folders.update().values(parent_id=None))
        for table in (pairs, tags, live, tracks, albums, folders):
            connection.execute(table.delete())
        for table, rows in (
            (folders, FOLDERS),
            (albums, ALBUMS),
            (tracks, TRACKS),
            (live, LIVE),
            (tags, TAGS),
            (pairs, PAIRS),
        ):
            names = table.columns.keys()
            connection.execute(
                table.insert(), [dict(zip(names, row, strict=True)) for row in rows]
            )


def tables(music: Music) -> tuple[Any, ...]:
    """Return the six tables, parents first."""
    mapped = (music.Folder, music.Album, music.Track, music.LiveTrack, music.Tag)
    return (*(cls.__table__ for cls in mapped), music.track_tags)


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows by name, without keys; and the keys of each class."""

    content: Any
    keys: dict[str, set[int]]


def rows_of(music: Music, engine: Engine) -> Rows:
    """Read the rows as another connection sees them."""
    with engine.connect() as connection:
        folders, albums, tracks, live, tags, pairs = (
            [tuple(row) for row in connection.execute(select(table))] for table in tables(music)
        )
    folder = {None: None, **{row[0]: row[1] for row in folders}}
    album = {row[0]: row[1] for row in albums}
    track = {row[0]: row[2] for row in tracks}
    tag = dict(tags)
    city = dict(live)
    content = (
        sorted((name, str(folder[above])) for _key, name, above in folders),
        sorted(
            (title, str(rating), state, version, str(folder[inside]))
            for _key, title, rating, state, version, inside in albums
        ),
        sorted(
            (title, kind, str(city.get(key)), album[owner]) for key, kind, title, owner in tracks
        ),
        sorted(tag.values()),
        sorted((track[one], tag[other]) for one, other in pairs),
    )
    keys = {"Folder": set(folder) - {None}, "Album": set(album), "Tag": set(tag)}
    return Rows(content, {**keys, "Track": set(track), "LiveTrack": set(city)})
