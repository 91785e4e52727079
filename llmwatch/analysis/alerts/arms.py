"""Rules that compare versions of a prompt, or models of a feature, with each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby
from operator import attrgetter

from llmwatch.analysis.alerts.engine import Seen
from llmwatch.analysis.alerts.rule import Rule
from llmwatch.analysis.alerts.significance import means_differ, shares_differ
from llmwatch.analysis.alerts.view import Arm, View
from llmwatch.format import percent


@dataclass(frozen=True, slots=True)
class _Difference:
    """What one arm does otherwise than another."""

    p: float
    worse: bool
    """Whether the second one does worse."""
    text: str


def prompt_worse(rule: Rule, view: View) -> Iterator[Seen]:
    """The newest version of a prompt does measurably worse than the one before."""
    for of, arms in _groups(rule, view):
        if of.startswith("prompt:"):
            differences = _differences(arms[-2], arms[-1], rule.min_samples)
            yield _seen(rule, of, arms, [each for each in differences if each.worse], len(differences))


def experiment(rule: Rule, view: View) -> Iterator[Seen]:
    """Versions or models that are live together do differently: time to review and decide."""
    for of, arms in _groups(rule, view):
        differences = [
            each for pair in combinations(arms, 2) for each in _differences(*pair, rule.min_samples)
        ]
        yield _seen(rule, of, arms, differences, len(differences))


def _groups(rule: Rule, view: View) -> Iterator[tuple[str, list[Arm]]]:
    """What has two arms or more with enough calls, the newest arm last."""
    known = sorted(view.arms(rule.window_s), key=attrgetter("of", "first_ns", "name"))
    for of, arms in groupby(known, key=attrgetter("of")):
        enough = [arm for arm in arms if arm.calls >= max(rule.min_samples, 2)]
        if len(enough) > 1:
            yield of, enough


def _seen(rule: Rule, of: str, arms: Sequence[Arm], found: Sequence[_Difference], tests: int) -> Seen:
    """The clearest difference; the threshold is divided among all tests that were made (Bonferroni)."""
    clearest = min(found, key=attrgetter("p"), default=None)
    samples, newest = sum(arm.calls for arm in arms), arms[-1]
    if clearest is None:
        return Seen(slice=of, finding="fine" if tests else "no data", samples=samples)
    bar = rule.threshold / tests
    return Seen(
        slice=of,
        finding="holds" if clearest.p < bar else "fine",
        value=clearest.p,
        threshold=bar,
        samples=samples,
        reason=f"{of}: {clearest.text} (p = {clearest.p:.2g})",
        terms=f"{of} {newest.terms}",
    )


def _differences(one: Arm, other: Arm, enough: int) -> list[_Difference]:
    """How ``other`` differs from ``one``, wherever both have enough to say."""
    found = [
        _shares("errors", one, other, ("errors", "calls"), enough, worse_up=True),
        _shares("checks passed", one, other, ("passed", "checked"), enough, worse_up=False),
        _shares("negative feedback", one, other, ("negative", "feedback"), enough, worse_up=True),
        _quality(one, other, enough),
    ]
    return [each for each in found if each is not None]


def _shares(
    title: str, one: Arm, other: Arm, fields: tuple[str, str], enough: int, *, worse_up: bool
) -> _Difference | None:
    (part, whole), (other_part, other_whole) = (
        (getattr(arm, fields[0]), getattr(arm, fields[1])) for arm in (one, other)
    )
    p = shares_differ(part, whole, other_part, other_whole) if min(whole, other_whole) >= enough else None
    if p is None:
        return None
    before, now = part / whole, other_part / other_whole
    text = f"{title} {percent(now)} with {other.name}, {percent(before)} with {one.name}"
    return _Difference(p, (now > before) == worse_up and now != before, text)


def _quality(one: Arm, other: Arm, enough: int) -> _Difference | None:
    before, now = one.quality, other.quality
    p = means_differ(before, now) if min(before.count, now.count) >= max(enough, 2) else None
    if p is None:
        return None
    text = f"quality {now.mean:.2f} with {other.name}, {before.mean:.2f} with {one.name}"
    return _Difference(p, now.mean < before.mean, text)
