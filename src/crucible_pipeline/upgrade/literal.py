"""A string literal of a service with what surrounds it, whatever the language. Pure."""

from dataclasses import dataclass
from enum import Enum

# Functions of the clients of Redis and other brokers that take addresses: only the first argument, or all.
PUBLISHERS = frozenset({"publish", "spublish"})
SUBSCRIBERS = frozenset(
    {"subscribe", "psubscribe", "ssubscribe", "unsubscribe", "punsubscribe", "subscribe_to"}
    | {"pSubscribe", "sSubscribe", "pUnsubscribe"}
)
# Functions whose arguments are texts for people.
LOGGERS = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "trace", "print", "log"}
)
# Functions whose first argument is the key of an entry, which may begin as the addresses do.
STORES = frozenset(
    {"get", "set", "setex", "setnx", "hset", "hget", "hgetall", "hmset", "hdel", "delete", "del", "exists"}
    | {"expire", "ttl", "incr", "decr", "lpush", "rpush", "lpop", "rpop", "lrange", "sadd", "srem", "zadd"}
    | {"smembers", "zrange", "zrem", "xadd", "mget", "scan_iter", "scan", "keys", "unlink"}
)


class Place(Enum):
    """Where a literal stands.

    GIVEN: it is compared with a name, assigned to it, its default or its returned value.
    LISTED: in a collection of which the same holds.
    ARGUMENT: of a function with that name.
    KEY: of a mapping with that name.
    SENT: the address of a publish or subscribe.
    SETTING: the value of a key in a YAML file, where an image or a volume may look like an address.
    ALONE: anywhere else.
    """

    GIVEN = "given"
    LISTED = "listed"
    ARGUMENT = "argument"
    KEY = "key"
    SENT = "sent"
    SETTING = "setting"
    ALONE = "alone"


@dataclass(frozen=True, slots=True)
class Name:
    """The name that a literal has to do with.

    Args:
        name: the last one: `status` of `evaluation.status`.
        owner: those before it, with points between; empty if there is none.
    """

    name: str = ""
    owner: str = ""


NOBODY = Name()


@dataclass(frozen=True, slots=True)
class Literal:
    """A string.

    Args:
        value: its text; `{}` stands for what a template fills in.
        line: 1-based.
        column: 1-based, in characters.
        place: where it stands.
        name: what it is compared with or given to.
        inside: names of the functions and classes around it.
        siblings: the other keys of the mapping of which it is a value.
        is_template: whether something is filled in.
    """

    value: str
    line: int
    column: int
    place: Place = Place.ALONE
    name: Name = NOBODY
    inside: tuple[str, ...] = ()
    siblings: frozenset[str] = frozenset()
    is_template: bool = False
