"""The words from which invented people, their projects and their mistakes are made."""

from __future__ import annotations

FIRST = tuple(
    # Words in a text are easier to read and to change than a list of strings.
    """Ada Alan Alice Amara Anita Anton Barbara Ben Carla Carol Chen Claire Clara Daniel Dana
    David Dennis Dorothy Edgar Edith Elena Emma Erik Eva Fatima Felix Frances Frank Gloria
    Grace Hedy Hugo Ida Irene Ivan Jack Jane Jean Joan John Joseph Karen Katherine Ken Kurt
    Laura Leslie Linus Lucy Lynn Mae Margaret Maria Mark Mary Maurice Mina Nadia Niklaus
    Nora Olga Omar Paul Peter Radia Rita Robin Rosa Ruth Sara Shafi Simon Sofia Sophie Steve
    Susan Tara Tim Tony Ursula Vera Victor Wanda Will Xenia Yara Yusuf Zara""".split()  # noqa: SIM905
)
LAST = tuple(
    # Words in a text are easier to read and to change than a list of strings.
    """Abel Adams Allen Bakker Barnes Bauer Bell Berg Borg Brandt Brown Byron Carter Chandra
    Clarke Cohen Cook Costa Curie Dahl Dean Diaz Dijk Easley Ellis Evans Fisher Ford Foster
    Franke Garcia Gray Green Haas Hall Hamilton Hansen Hopper Hughes Iyer Jackson Jansen
    Johnson Jones Keller Kelly Khan Kim King Klein Lamarr Lamport Larsen Lee Lind Lopez
    Lovelace Marsh Martin Meyer Miller Moore Moreau Mori Nair Nelson Novak Okafor Olsen Park
    Patel Perlman Perez Quist Reed Rivera Rossi Roth Sato Schmidt Silva Singh Smith Stone
    Sutter Tanaka Torres Turner Vaughan Vega Wagner Walker Weber Wilkes Wong Wright Yilmaz
    Young Zhang Ziegler""".split()  # noqa: SIM905
)
UNICODE_NAMES = (
    "Zoë Ångström",
    "José Núñez",
    "Łukasz Wójcik",
    "Søren Kjær",
    "Jürgen Groß",
    "Þóra Ægisdóttir",
    "Đặng Thị Hà",
    "Çağla Şahin",
    "Γιώργος Παπαδόπουλος",
    "Пётр Ильич Соколов",
    "Олена Коваленко",
    "山田 太郎",
    "李 小龍",
    "김 민준",
    "नीला शर्मा",
    "فاطمة الزهراء",
    "נועה לוי",
    "D'Arcy O’Brien",  # noqa: RUF001 - as a word processor writes it
    "Anne-Marie Lefèvre",
    "Zoe\u0308 Noe\u0308l",
)
DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com", "uni.example.org")
WORDS = tuple(
    # Words in a text are easier to read and to change than a list of strings.
    """amber anchor apple arrow autumn badger bamboo barrel basket beacon birch bottle bramble
    bridge bronze candle canyon cedar cherry cinder clover cobalt comet copper coral cotton
    cricket crystal dahlia desert dolphin ember engine falcon feather fennel forest fossil
    garnet ginger glacier granite harbor hazel heron indigo island ivory jasmine juniper
    kettle lagoon lantern lemon linen lotus magnet maple marble meadow mercury mint mirror
    nectar nickel nutmeg oasis olive onyx orbit orchid otter oyster paper pebble pepper pine
    planet plum poppy prairie quartz raven ribbon river saffron salmon sand shadow silver
    sparrow spruce stone summit thistle thunder timber tulip velvet violet walnut willow
    winter""".split()  # noqa: SIM905
)
SHORT = ("12345", "secret", "qwerty", "", "abc")
ADJECTIVES = (
    "Tiny", "Fast", "Open", "Quiet", "Solar", "Shared", "Static", "Typed", "Lazy", "Green",
    "Portable", "Friendly", "Modern", "Parallel", "Bright", "Honest",
)  # fmt: skip
THINGS = (
    "Parser", "Wiki", "Compiler", "Garden", "Calendar", "Synth", "Chess Engine", "Notebook",
    "Map", "Shell", "Editor", "Tracker", "Cookbook", "Game", "Radio", "Robot", "Spreadsheet",
    "Planner", "Weather Station", "Bücherregal", "Café Finder",
)  # fmt: skip
TAGS = (
    "python", "rust", "c#", "web", "cli", "music", "maps", "games", "offline", "energy",
    "beginner friendly", "teaching", "open data", "robots", "café", "Übersetzung",
)  # fmt: skip
PLANS = ("monthly", "yearly", "Yearly", " monthly ")
COMMENTS = (
    "Lovely, it runs on my old laptop.",
    "How do I switch the colours off?",
    "I would like to help with the manual.",
    "It stops with an error when the disk is full.",
    "Works on a Raspberry Pi as well.",
    "Please add a dark mode!",
    "Ça marche très bien, merci.",
    "What does it do that a shell script does not?",
    "  Three   cheers \t for this one. ",
)
REPLIES = (
    "Thank you!",
    "Which version is it?",
    "Fixed, please try again.",
    "Me too.",
    "Only if you write the tests.",
    "有難うございます",
)
FAREWELLS = ("", "too many projects", "found another hobby")
BAD_ADDRESSES = (
    "not-an-address",
    "ada.example.com",
    "grace@",
    "@example.org",
    "two@@example.com",
    "spaces in@example.com",
    "dot@nodot",
    "trailing.@example.com",
    "comma,comma@example.com",
    "tel:+31 20 555 0100",
    "",
    "n/a",
)
