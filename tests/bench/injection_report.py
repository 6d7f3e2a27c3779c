# SPDX-License-Identifier: Apache-2.0
"""What came of the injection bench, as Markdown, as JSON and in pictures."""
import collections
import dataclasses
import json
import statistics

from injection import background_us, count_once, run
from injection_background import DAY_US
from injection_kinds import KINDS
from injection_match import AGAIN, EARLY, FALSE, FOUND, SIDE, scores
from injection_pictures import delays_picture, recall_picture
from programs import CACHE, progress


@dataclasses.dataclass(frozen=True)
class Row:
    """All attacks of a kind, or only the strong ones."""
    attacks: int
    found: int
    false: int  # of the kind's own detectors, in the captures of these attacks
    delays: tuple

    @property
    def scores(self):
        return scores(self.found, self.attacks - self.found, self.false)


def row_of(kind, outcomes):
    delays = tuple(outcome.delay_s for outcome in outcomes if outcome.delay_s is not None)
    false = count_once(outcomes, FALSE)
    return Row(len(outcomes), len(delays), sum(false[detector] for detector in kind.detectors), delays)


def of_kind(outcomes, kind, strong=(True, False)):
    return [outcome for outcome in outcomes if outcome.kind == kind.name and outcome.strong in strong]


def shown(number, digits=2):
    return "–" if number is None else f"{number:.{digits}f}"


def kinds_table(outcomes):
    print("| attack | strong from | weak found | strong found | precision | recall | F1 | delay, s: median | longest |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|")
    for kind in present(outcomes):
        weak, strong = (row_of(kind, of_kind(outcomes, kind, (half,))) for half in (False, True))
        figures = " | ".join(map(shown, strong.scores))
        delay = (statistics.median(strong.delays), max(strong.delays)) if strong.delays else (None, None)
        strong_from = kind.strengths[len(kind.strengths) // 2]
        print(f"| {kind.name} | {strong_from:g} {kind.unit} | {weak.found} of {weak.attacks} | {strong.found} of "
              f"{strong.attacks} | {figures} | {shown(delay[0], 1)} | {shown(delay[1], 1)} |")
    print()


def present(outcomes):
    names = {outcome.kind for outcome in outcomes}
    return [kind for kind in KINDS if kind.name in names]


def detectors_table(outcomes):
    """What each detector told, wherever it was."""
    told = collections.defaultdict(collections.Counter)
    for outcome in outcomes:
        for detector, _, verdict, _ in outcome.told:
            told[detector][verdict] += 1
    alone = [outcome for outcome in outcomes if not outcome.kind]
    before = [outcome for outcome in outcomes if outcome.kind]
    columns = [{detector: told[detector][verdict] for detector in told} for verdict in (FOUND, AGAIN, SIDE)]
    columns += [count_once(before, FALSE), count_once(alone, FALSE), count_once(outcomes, EARLY)]
    print(f"| detector | attacks found | told again | side effects | false before attacks, in "
          f"{background_us(before) / DAY_US:.1f} days of {len({(o.kind, o.seed) for o in before})} beginnings | false in "
          f"{background_us(alone) / DAY_US:.1f} days of background alone | in first minutes |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for detector in sorted(told):
        print(f"| `{detector}` | " + " | ".join(str(column.get(detector, 0)) for column in columns) + " |")
    print("| all | " + " | ".join(str(sum(column.values())) for column in columns) + " |")
    print()


def as_json(outcomes):
    kinds = {}
    for kind in present(outcomes):
        kinds[kind.name] = {"unit": kind.unit, "detectors": kind.detectors, "strengths": [
            {"strength": strength, "strong": kind.strong(strength), "attacks": row.attacks, "found": row.found,
             "false": row.false, "delays_s": row.delays}
            for strength in kind.strengths
            if (row := row_of(kind, [o for o in of_kind(outcomes, kind) if o.strength == strength])).attacks]}
    return {"kinds": kinds, "outcomes": [dataclasses.asdict(outcome) for outcome in outcomes]}


def detect(build, quick, seeds):
    """Runs the bench; the pictures and the JSON are left beside the captures of the other benchmarks."""
    outcomes = run(build / "weir", range(1, 2 if quick else seeds + 1), 3600 if quick else 86400)
    kinds_table(outcomes)
    detectors_table(outcomes)
    folder = CACHE / "detect"
    folder.mkdir(parents=True, exist_ok=True)
    said = as_json(outcomes)
    (folder / "injection.json").write_text(json.dumps(said), encoding="utf-8")
    (folder / "injection-recall.svg").write_text(recall_picture(said["kinds"]), encoding="utf-8")
    (folder / "injection-delay.svg").write_text(delays_picture(said["kinds"]), encoding="utf-8")
    progress(f"pictures and JSON are in {folder}")
