"""The rubric: shipped and sound, a team's own with every problem told, and a version that changes when what it says does."""

import re
from pathlib import Path

import pytest

from otel_quality.judge import rubric
from otel_quality.vocabulary.axes import AXES, OPTIONAL_AXES
from otel_quality.vocabulary.errors import ConfigError

SHIPPED = rubric.load()


def changed(old: str, new: str) -> str:
    assert SHIPPED.text.count(old) == 1, old
    return SHIPPED.text.replace(old, new)


def wrong(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        rubric.parse(text, "mine.toml")
    assert all(problem.startswith("mine.toml: ") and "\n" not in problem for problem in caught.value.problems)
    return [problem.removeprefix("mine.toml: ") for problem in caught.value.problems]


def test_the_shipped_rubric_has_all_axes_in_words_and_four_experts() -> None:
    assert rubric.problems() == []
    assert tuple(axis.axis for axis in SHIPPED.axes) == AXES
    assert {axis.axis for axis in SHIPPED.axes if axis.null_when} == OPTIONAL_AXES
    assert all(len(axis.levels) == len(rubric.LEVELS) and all(axis.levels) for axis in SHIPPED.axes)
    assert [expert.name for expert in SHIPPED.experts] == ["planner", "tool user", "critic", "user's advocate"]
    assert re.fullmatch(r"1-[0-9a-f]{8}", SHIPPED.version)


def test_a_copy_of_the_shipped_file_is_the_shipped_rubric(tmp_path: Path) -> None:
    copy = tmp_path / "mine.toml"
    copy.write_text(SHIPPED.text)
    assert rubric.load(str(copy)) == SHIPPED


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ('version = "1"', "# a comment\n\nversion  =  '1'", True),
        ('version = "1"', 'version = "2"', False),
        ("Nothing to do: a greeting", "Nothing to do: a word", False),
        ("You have led many projects.", "You have led a few projects.", False),
        ('name = "critic"', 'name = "sceptic"', False),
    ],
)
def test_a_version_changes_with_what_is_said_and_not_with_how_it_is_laid_out(old: str, new: str, same: bool) -> None:
    other = rubric.parse(changed(old, new), "mine.toml")
    assert (other.version == SHIPPED.version) is same
    head, *lines = rubric.diff(SHIPPED, other)
    assert ("become stale" in head) is not same
    assert any(line.startswith("+") and not line.startswith("+++") for line in lines)


def test_a_rubric_does_not_differ_from_itself() -> None:
    assert rubric.diff(SHIPPED, SHIPPED) == ["the same to a judge"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('version = "1"', "version = 1", 'version must be a text of letters, digits, dots and underscores, such as version = "2"'),
        ('version = "1"', 'version = "1-a"', "version must be a text"),
        ("[axes.efficiency]", "[axes.efficency]", "there is no axes.efficency; did you mean efficiency?"),
        ('at_50 = "About half was needed; some repetition or false starts."', "", "axes.efficiency.at_50 is missing: it must be a text"),
        ('at_75 = "Mostly direct, with a detour or two."', "at_75 = 75", "axes.efficiency.at_75 is missing: it must be a text"),
        ('null_when = "no work was handed to another agent"', "", "axes.subagent_orchestration.null_when is missing"),
        ('question = "How much', 'null_when = "never"\nquestion = "How much', "there is no axes.efficiency.null_when"),
        ('name = "critic"', 'name = "planner"', "two experts are called planner"),
        ('name = "critic"', "name = 5", "expert 3: name must be a word or a few"),
        ('name = "critic"', 'nam = "critic"', "there is no expert 3: nam; did you mean name?"),
        ('name = "critic"', 'name = "<b>"', "expert 3: name must be"),
        ("You have led many projects.", "x" * 5000, "expert 1: perspective has 5"),
    ],
)
def test_each_problem_is_one_line_that_says_where(old: str, new: str, said: str) -> None:
    assert any(problem.startswith(said) for problem in wrong(changed(old, new))), wrong(changed(old, new))


def test_all_problems_are_told_at_once() -> None:
    assert len(wrong("nonsense = 1\n")) == 4
    assert len(wrong("version = '1'\n[axes]\n[[experts]]\n")) == len(AXES) + 2
    assert len(wrong("version = '1'\nexperts = 'me'\naxes = []")) == 2
    assert len(wrong("version = '1'\naxes = 1\nexperts = [1]")) == 2


def test_text_that_is_no_toml_is_one_problem() -> None:
    (problem,) = wrong("[[[")
    assert problem.startswith("not TOML: ")


def test_a_file_that_cannot_be_read_is_one_problem(tmp_path: Path) -> None:
    assert rubric.problems(str(tmp_path / "gone.toml")) == [f"{tmp_path / 'gone.toml'}: No such file or directory"]
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    assert rubric.problems(str(tmp_path / "binary.toml")) == [f"{tmp_path / 'binary.toml'}: not UTF-8 text"]
    (tmp_path / "big.toml").write_text("#" * (rubric.MAX_BYTES + 1))
    assert rubric.problems(str(tmp_path / "big.toml")) == [f"{tmp_path / 'big.toml'}: a rubric has {rubric.MAX_BYTES} bytes at most"]


def test_a_panel_of_ones_own_has_the_experts_that_it_names() -> None:
    head = SHIPPED.text[: SHIPPED.text.index("[[experts]]")]
    own = rubric.parse(head + '[[experts]]\nname = "nurse"\nperspective = "You care."\n', "mine.toml")
    assert own.experts == (rubric.Expert("nurse", "You care."),)
    assert own.expert("nurse").perspective == "You care."
