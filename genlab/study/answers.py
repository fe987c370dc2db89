"""Files with the answers of participants, read strictly: each is complete and belongs to the study, or is left out with a reason."""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from genlab.errors import InputError
from genlab.study.design import hash_of

CODE = re.compile(r"[0-9a-f]{16}")  # a participant's random code, which is no personal data
KEYS = ("study", "hash", "participant", "form", "consent", "answers")
ANSWER_KEYS = ("item", "answer", "milliseconds", "views")
LONGEST = 7 * 24 * 3600 * 1000  # milliseconds of an answer; a page may stay open for days
MOST_BYTES = 1_000_000  # of a file; one of 1,000 trials has 100 kB


class Answer(NamedTuple):
    """The answer of one trial."""

    item: str
    answer: int  # the key: 0 left or `real`, 1 right or `generated`
    milliseconds: float  # from the first sight of the images
    views: int  # how often the images were shown: more than once after a reload


class Participant(NamedTuple):
    """All answers of one participant, in the order of the trials."""

    code: str
    form: int
    answers: tuple[Answer, ...]


class AnswerError(InputError):
    """A file of answers cannot be used."""


def read(
    content: bytes,
    study: Mapping[str, Any],  # the content of study.json
) -> Participant:
    """Read a file of answers.

    Raises:
        AnswerError: the file is damaged, incomplete, or belongs to another study; the message has no file name.
    """
    given = document(content)
    expected = hash_of(dict(study))
    if given["study"] != study["name"] or given["hash"] != expected:
        raise AnswerError(
            f"these are answers to the study {short(given['study'])} with the hash {short(given['hash'])}; expected '{study['name']}' with "
            f"'{expected[:12]}...'. Move the file to the answers of that study."
        )
    if not isinstance(given["participant"], str) or not CODE.fullmatch(given["participant"]):
        raise AnswerError(f"participant: got {short(given['participant'])}, expected 16 hexadecimal digits. The file was changed.")
    if given["consent"] is not True:
        raise AnswerError("consent: the participant has not agreed. Answers without consent are not used.")
    form, forms = given["form"], study["forms"]
    if type(form) is not int or not 0 <= form < len(forms):
        raise AnswerError(f"form: got {short(form)}, expected a whole number from 0 to {len(forms) - 1}. The file was changed.")
    return Participant(given["participant"], form, answers_of(given["answers"], [trial["item"] for trial in forms[form]]))


def document(content: bytes) -> dict[str, Any]:
    """Decode JSON, and check its keys.

    Raises:
        AnswerError: it is no JSON, or has other keys.
    """
    if len(content) > MOST_BYTES:
        raise AnswerError(f"it has {len(content):,} bytes, expected at most {MOST_BYTES:,}: this is no file of answers.")
    try:
        given = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise AnswerError(f"it is damaged, or no JSON file ({str(error)[:100]}). Ask the participant to send it again.") from None
    if not isinstance(given, dict) or set(given) != set(KEYS):
        found = f"the keys {', '.join(map(short, given)) or 'none'}" if isinstance(given, dict) else type(given).__name__
        raise AnswerError(f"got {found[:300]}, expected a mapping with {', '.join(KEYS)}. This is no file of answers.")
    return given


def answers_of(given: Any, items: list[str]) -> tuple[Answer, ...]:
    """Check the answers against the trials of their form.

    Raises:
        AnswerError: answers are missing or in another order, or a value is impossible.
    """
    if not isinstance(given, list) or len(given) != len(items):
        found = f"{len(given)} answers" if isinstance(given, list) else short(given)
        raise AnswerError(
            f"answers: got {found}, expected {len(items)}, one per trial. The participant has not finished, or the file was cut."
        )
    answers = []
    for number, (each, item) in enumerate(zip(given, items, strict=True)):
        if not isinstance(each, dict) or set(each) != set(ANSWER_KEYS):
            raise AnswerError(f"answers[{number}]: got {short(each)}, expected a mapping with {', '.join(ANSWER_KEYS)}.")
        if each["item"] != item:
            raise AnswerError(f"answers[{number}].item: got {short(each['item'])}, expected '{item}', the item of this trial.")
        answer, time, views = each["answer"], each["milliseconds"], each["views"]
        if type(answer) is not int or answer not in (0, 1):
            raise AnswerError(f"answers[{number}].answer: got {short(answer)}, expected 0 or 1.")
        if type(time) not in (int, float) or not 0 <= time <= LONGEST:  # also refuses NaN
            raise AnswerError(f"answers[{number}].milliseconds: got {short(time)}, expected a number from 0 to {LONGEST:,}.")
        if type(views) is not int or not 1 <= views <= 1000:
            raise AnswerError(f"answers[{number}].views: got {short(views)}, expected a whole number from 1 to 1,000.")
        answers.append(Answer(item, answer, float(time), views))
    return tuple(answers)


def short(value: Any) -> str:
    """A value of a file in a message, cut at 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


class Collected(NamedTuple):
    """The participants of a study, and the files that were left out."""

    participants: tuple[Participant, ...]
    skipped: dict[str, str]  # file name -> reason


def collected(
    files: Mapping[str, bytes],  # name -> content
    study: Mapping[str, Any],
) -> Collected:
    """Read all files of answers. Of several files with the same participant, the first counts."""
    participants: dict[str, tuple[str, Participant]] = {}
    skipped = {}
    for name, content in sorted(files.items()):
        try:
            found = read(content, study)
        except AnswerError as error:
            skipped[name] = str(error)
            continue
        if found.code in participants:
            skipped[name] = f"participant {found.code} is also in {participants[found.code][0]}, which counts. Remove one of the files."
        else:
            participants[found.code] = name, found
    return Collected(tuple(each for _, each in participants.values()), skipped)
