"""Compiled SQL as mutants read it: in the same words for every shop and for dbt's unit tests."""

import re
from dataclasses import dataclass

_RELATION = re.compile(r'"\w+"\."(?:staging|intermediate|marts|reporting|audiences|ops|seeds)"\."(\w+)"')
# What a unit test puts in a model's place; where it is defined it isn't read.
_FIXTURE = re.compile(r"\b__dbt__cte__(\w+)(?! as \()")
# As macros/as_of.sql and macros/last_full_day.sql write them, and as unit tests override the latter.
_WORDS = {
    "as_of()": re.compile(r"cast\('\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.\d]*' as timestamp\)"),
    "last_full_day()": re.compile(
        r"\(cast\(timezone\('[^']+', make_timestamptz\(epoch_us\(as_of\(\)\)\)\) as date\) - 1\)"
        r"|cast\('\d{4}-\d\d-\d\d' as date\)"
    ),
}


class NotFoundError(LookupError):
    """The text that a mutant changes doesn't stand in the SQL exactly once."""


@dataclass(frozen=True)
class Compiled:
    """One statement, with `ref(name)`, `as_of()` and `last_full_day()` for what differs from shop to shop."""

    text: str
    words: dict[str, str]
    """What each of these stands for, in the order in which it is put back."""

    @classmethod
    def read(cls, sql: str) -> "Compiled":
        """The words of a compiled statement."""
        words: dict[str, str] = {}

        def keep(word: str, original: str) -> str:
            words[word] = original
            return word

        for relation in (_RELATION, _FIXTURE):
            sql = relation.sub(lambda found: keep(f"ref({found[1]})", found[0]), sql)
        for word, pattern in _WORDS.items():
            originals = set(pattern.findall(sql))
            # Where one word would stand for two moments, neither is the shop's.
            if len(originals) == 1:
                (original,) = originals
                sql = sql.replace(original, keep(word, original))
        return cls(sql, dict(reversed(words.items())))

    def changed(self, before: str, after: str) -> str:
        """The statement with one text changed for another; where lines break says nothing.

        Raises:
            NotFoundError: it doesn't stand there exactly once.
        """
        pattern = r"\s+".join(re.escape(word) for word in before.split())
        places = list(re.finditer(pattern, self.text))
        if len(places) != 1:
            raise NotFoundError(f"stands {len(places)} times in the compiled SQL, not once: {before}")
        text = self.text[: places[0].start()] + after + self.text[places[0].end() :]
        for word, original in self.words.items():
            text = text.replace(word, original)
        return text
