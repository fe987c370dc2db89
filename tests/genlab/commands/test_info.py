"""`genlab info` shows facts, commands and the card."""

from command_line import conditional, plain, run, styled, translator

import genlab.commands.info as info
from genlab.commands.models import Model
from genlab.serving.release import release_at


def test_a_translator_has_its_directions_by_name(capsys, tmp_path):
    release = translator(tmp_path)
    code, out, _ = run(capsys, f"info {release}")
    assert code == 0 and "a_to_b = drawing_to_photo, b_to_a = photo_to_drawing" in out
    assert f"genlab translate {release} photos/ --direction drawing_to_photo --out drawing_to_photo/" in out


def test_a_sampler_has_its_classes_and_its_truncation(capsys, tmp_path):
    assert "hat (0), shoe (1), 0 (2)" in run(capsys, f"info {conditional(tmp_path)}")[1]
    assert "psi, 0 to 1 (as trained)" in run(capsys, f"info {styled(tmp_path)}")[1]
    out = run(capsys, f"info {plain(tmp_path)}")[1]
    assert "2 x 2 px, grey" in out and "\n  classes" not in out and "--label" not in out


def test_the_card_of_a_registered_version_is_shown_without_pictures(tmp_path):
    card = "![samples](/get-artifact?path=a&run_uuid=1)\n\n**GAN** on emoji.\n\n## Limits\n- Small."
    text = info.described(Model("my model", release_at(plain(tmp_path)), tmp_path, card))
    assert text.endswith("\n\n**GAN** on emoji.\n\n## Limits\n- Small.")
    assert "genlab sample 'my model' --count 64 --out samples/" in text
