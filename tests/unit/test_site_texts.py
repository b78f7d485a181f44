"""The report site's dictionaries: every text in every language."""

import csv
import json
import re
import subprocess
from pathlib import Path
from typing import Any

TEXTS = "reports/components/text"
# What is the same in both languages: names of products and of the firms a shop connects.
NAMES = re.compile(
    r"^(Second Order|Amazon|TikTok( Shop)?|Walmart|Target|Etsy|Google|Shopify|Klaviyo|Omnisend|Judge\.me"
    r"|Yotpo( Loyalty)?|Typeform|Smile\.io|zh-Hans|zh-CN|[A-Z]{1,4}|)$"
)
# A text that holds figures is a function; its source is enough to see its language.
SHAPE = """
const { default: texts } = await import(process.argv[1]);
const walk = (value, path) =>
    typeof value === 'object'
        ? Object.entries(value).flatMap(([key, inner]) => walk(inner, [...path, key]))
        : [[path.join('.'), typeof value === 'function' ? value.length : -1, String(value)]];
console.log(JSON.stringify(walk(texts, [])));
"""


def texts_of(repository: Path, language: str) -> dict[str, tuple[int, str]]:
    """Each text by its path: how many figures it takes (-1: none, it is a text), and its source or itself."""
    module = (repository / TEXTS / language / "index.js").as_uri()
    run = subprocess.run(
        ["node", "--input-type=module", "-e", SHAPE, module], capture_output=True, text=True, check=True, cwd=repository
    )
    rows: list[list[Any]] = json.loads(run.stdout)
    return {path: (arity, text) for path, arity, text in rows}


def test_both_languages_say_the_same_things(repository: Path) -> None:
    english, chinese = texts_of(repository, "en"), texts_of(repository, "zh")
    assert sorted(chinese) == sorted(english)
    assert {path: arity < 0 for path, (arity, _) in chinese.items()} == {
        path: arity < 0 for path, (arity, _) in english.items()
    }


def test_no_text_is_left_in_english(repository: Path) -> None:
    chinese = texts_of(repository, "zh")
    assert [
        path
        for path, (arity, text) in chinese.items()
        if arity < 0 and not re.search(r"[\u4e00-\u9fff]", text) and re.search(r"[A-Za-z]", text)
        if not NAMES.match(text)
    ] == []


def test_texts_of_seeds_stand_in_the_dictionary_as_they_are_published(repository: Path) -> None:
    # The site asks by key, so that every language says it; what tables hold beside is the same.
    english = texts_of(repository, "en")
    for seed, key, column, path in [
        ("benchmark_values", "benchmark_key", "source_name", "benchmark.{}.source"),
        ("benchmark_values", "benchmark_key", "definition", "benchmark.{}.definition"),
        ("diagnosis_signals", "signal_key", "threshold_source", "diagnosis.thresholdSources.{}"),
        ("diagnosis_flow_classes", "flow_class", "lift_source", "diagnosis.liftSources.{}"),
    ]:
        with (repository / "seeds" / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
            published = {path.format(row[key]): row[column] for row in csv.DictReader(file)}
        assert {path: english[path][1].replace("’", "'") for path in published} == published
