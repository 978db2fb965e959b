"""`claribi`: serve, migrate, create-owner, demo, doctor."""

import asyncio
import sys
from pathlib import Path

import click
from pydantic import ValidationError

from server.settings import Settings

PASSWORD_LENGTH = 12


class Failure(click.ClickException):
    """Something the operator can mend."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="claribi")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Data folder; CLARIBI_DATA_DIR otherwise.")
@click.pass_context
def main(context: click.Context, data_dir: Path | None) -> None:
    """A business-intelligence API a team runs for itself.

    Every setting is an environment variable CLARIBI_..., or a line of claribi.env; `claribi settings` prints them.
    """
    context.obj = data_dir


def load_settings(data_dir: Path | None, **overrides: object) -> Settings:
    """The settings; what is wrong with them is told by name."""
    given = {name: value for name, value in overrides.items() if value is not None}
    if data_dir is not None:
        given["data_dir"] = data_dir
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [
            f"CLARIBI_{'_'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}"
            for problem in error.errors()
        ]
        raise Failure("Settings are not valid:\n  " + "\n  ".join(lines)) from error


@main.command()
@click.option("--host", help="Address of the REST port (127.0.0.1 until said otherwise).")
@click.option("--port", type=int, help="REST port (8000); 0 takes a free one.")
@click.option("--grpc-port", type=int, help="gRPC port (8001); 0 takes a free one.")
@click.option("--log-format", type=click.Choice(["json", "console"]), help="Form of the log.")
@click.pass_obj
def serve(data_dir: Path | None, /, **options: object) -> None:
    """Serve REST and gRPC until SIGTERM or Ctrl-C."""
    if options["log_format"] is None and sys.stderr.isatty():
        options["log_format"] = "console"
    settings = load_settings(data_dir, **options)
    import uvloop

    from server import logs
    from server.serve import Addresses
    from server.serve import serve as serve_until_stopped
    from server.stores.files import Files

    logs.configure(settings)
    Files(settings.data_dir).prepare()

    def ready(addresses: Addresses) -> None:
        click.echo(f"REST  {addresses.rest}/api/v1/   docs {addresses.rest}/api/v1/docs/")
        click.echo(f"gRPC  {addresses.grpc}")
        sys.stdout.flush()

    try:
        uvloop.run(serve_until_stopped(settings, ready=ready))
    except (OSError, ValueError, RuntimeError) as error:
        raise Failure(str(error)) from error


@main.command()
@click.pass_obj
def migrate(data_dir: Path | None) -> None:
    """Bring the database to this version's schema."""
    settings = load_settings(data_dir)
    from server.stores import migrate as migrations
    from server.stores.files import Files
    from server.stores.session import Database

    Files(settings.data_dir).prepare()
    database = Database(settings)
    before = migrations.current(database.engine)
    migrations.upgrade(database.engine)
    click.echo(f"Schema {before or '(empty)'} -> {migrations.current(database.engine)}")
    database.close()


@main.command("create-owner")
@click.option("--organization", required=True, help="Name of the organization.")
@click.option("--email", required=True, help="Email address to sign in with.")
@click.option(
    "--tier", type=click.Choice(["trial", "starter", "professional", "enterprise"]), default="trial"
)
@click.option("--password", envvar="CLARIBI_OWNER_PASSWORD", help="Asked for when not given.")
@click.pass_obj
def create_owner(
    data_dir: Path | None, organization: str, email: str, *, tier: str, password: str | None
) -> None:
    """Create an organization and its owner."""
    settings = load_settings(data_dir)
    secret = password or click.prompt("Password", hide_input=True, confirmation_prompt=True)
    if len(secret) < PASSWORD_LENGTH:
        raise Failure(f"The password needs at least {PASSWORD_LENGTH} characters.")
    from server.cli.owner import add_owner
    from server.errors import ApiError

    try:
        user_id = asyncio.run(
            add_owner(settings, organization=organization, email=email, tier=tier, password=secret)
        )
    except ApiError as error:
        raise Failure(error.message) from error
    click.echo(f"Created {email} ({user_id}), owner of {organization}, tier {tier}.")


@main.command()
@click.option(
    "--keep", type=click.Path(path_type=Path), default=Path("demo-data"), help="Folder for its data."
)
def demo(keep: Path) -> None:
    """Do the main job once, on a fresh data folder, and show what came out."""
    from server.cli.demo import run_demo

    run_demo(keep)


@main.command()
@click.pass_obj
def doctor(data_dir: Path | None) -> None:
    """Check this machine and this configuration; exit 1 when something would not work."""
    settings = load_settings(data_dir)
    from server.cli.doctor import examine

    findings = examine(settings)
    for finding in findings:
        click.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.subject}: {finding.message}")
    if not all(finding.ok for finding in findings):
        sys.exit(1)


@main.command()
@click.pass_obj
def settings(data_dir: Path | None) -> None:
    """Print every setting with its value, unit and reason."""
    values = load_settings(data_dir)
    for name, field in Settings.model_fields.items():
        click.echo(f"CLARIBI_{name.upper()}={getattr(values, name)}\n    {field.description}")
