"""`genlab promote`: make a registered version the champion of its model by hand."""

import argparse
import getpass
import time

from genlab.commands.parser import Parser
from genlab.errors import InputError
from genlab.evaluation.scores import Headline
from pipelines.registered_models import connected, version_of
from pipelines.release.leaderboard.entries import SET_TAG
from pipelines.release.leaderboard.publish import publish
from pipelines.release.page import describe_model
from pipelines.release.promotion import CHAMPION, Standing

DESCRIPTION = "make a registered version the champion by hand"


def parser() -> Parser:
    """Parser of the command's arguments."""
    made = Parser(
        "genlab promote", "Make a registered version the champion of its model.", 'example: genlab promote gan-fashion 3 --why "sharper"'
    )
    made.add_argument("model", help="name of a registered model")
    made.add_argument("version", help="number of the version")
    made.add_argument("--why", required=True, help="the reason, kept in the version's tags")
    return made


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit code.

    Raises:
        InputError: there is no such version, it is the champion already, or no reason is given.
    """
    why = " ".join(arguments.why.split())
    if not why:
        raise InputError("--why: got an empty text, expected the reason, which is kept in the version's tags.")
    with connected(arguments.model) as client:
        version = version_of(client, arguments.model, None, arguments.version)
        former = client.get_registered_model(version.name).aliases.get(CHAMPION)
        if str(former) == str(version.version):
            raise InputError(f"{version.name}: version {version.version} is the champion already.")
        reason = f"yes: by hand, by {getpass.getuser()} on {time.strftime('%Y-%m-%d')}: {why}"
        client.set_model_version_tag(version.name, version.version, "champion", reason)
        client.set_registered_model_alias(version.name, CHAMPION, version.version)
        tags = client.get_registered_model(version.name).tags
        headline: Headline = Standing.from_tags(version.tags).headline
        text = describe_model(tags.get("kind", version.name), tags.get("image_set", "?"), version.version, headline, str(version.run_id))
        client.update_registered_model(version.name, text)
        if SET_TAG in tags:
            publish(client, client.tracking_uri, tags[SET_TAG])
    print(f"{version.name}: version {version.version} is champion" + (f" instead of version {former}." if former else "."))
    return 0
