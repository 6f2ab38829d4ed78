"""The texts of a folder, kept as the bytes that they are on disk, pure.

One emoji in it makes a text take four bytes for each character: fifty megabytes for a description of
thirteen. So a text is made where one is asked for.
"""

from collections.abc import Iterator, Mapping


class Texts(Mapping[str, str]):
    """Path below a folder → text.

    Args:
        contents: path → UTF-8; what is none stands as lone surrogates in the text.
    """

    __slots__ = ("_contents",)

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = contents

    def __getitem__(self, path: str) -> str:
        return self._contents[path].decode("utf-8", "surrogateescape")

    def __iter__(self) -> Iterator[str]:
        return iter(self._contents)

    def __len__(self) -> int:
        return len(self._contents)

    def content(self, path: str) -> bytes:
        """A text as UTF-8."""
        return self._contents[path]


def content_of(texts: Mapping[str, str], path: str) -> bytes:
    """A text as UTF-8, without making one where none is."""
    return texts.content(path) if isinstance(texts, Texts) else texts[path].encode()
