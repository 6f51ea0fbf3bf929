"""The command that writes the pages that volunteers read: publish."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wholetrial.cli.file_commands import AsJson
from wholetrial.cli.terminal import clear_errors, fail, print_json

if TYPE_CHECKING:
    from wholetrial.programme.publish import Site


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("publish")(publish)


@clear_errors
def publish(
    trials: Annotated[
        list[str] | None,
        typer.Argument(metavar="TRIAL...", help="Ids or files; several make a site."),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="A site of every trial that ships, with index and feed.")
    ] = False,
    out: Annotated[Path, typer.Option(help="The folder for the pages.")] = Path("site"),
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day of the changes in the feed; today."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the page that a volunteer reads; it works from a file, and answers stay with them."""
    from wholetrial.programme.publish import publish as publish_one
    from wholetrial.programme.publish import publish_site

    named = trials or []
    if every == bool(named):
        raise typer.BadParameter("name one or more trials, or use --all")
    if len(named) == 1:
        page = publish_one(named[0], out)
        if as_json:
            print_json({"pages": [str(page)]})
        else:
            typer.echo(f"wrote {page}")
        return
    day = on.date() if on else None
    _say(publish_site(out, trials=named or None, on=day), out, as_json=as_json)


def _say(site: "Site", out: Path, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "pages": [str(page) for page in site.pages],
                "failed": [{"trial": trial, "why": why} for trial, why in site.failed],
                "news": [one._asdict() for one in site.news],
            }
        )
    else:
        for page in site.pages:
            typer.echo(f"wrote {page}")
        typer.echo(f"wrote {out / 'index.html'} and {out / 'feed.xml'}")
        typer.echo(f"new in the feed: {len(site.news)}")
    if site.failed:
        fail("\n".join(why if trial in why else f"{trial}: {why}" for trial, why in site.failed))
