"""The console command `portal`. Each verb is a file in `portal/commands`, loaded when it is called."""

from __future__ import annotations

import errno
import importlib
import os
import sys
import time

import click

import config
from portal.errors import PortalError

# The verbs in the order of the help: where each is found, and what it does in a line.
VERBS = {
    "serve": ("portal.commands.serve:serve", "Start web server, Redis, worker and scheduler; keep them going."),
    "web": ("portal.commands.processes:web", "Answer browsers."),
    "worker": ("portal.commands.processes:worker", "Do what waits: print, take files in, send letters and messages."),
    "scheduler": ("portal.commands.processes:scheduler", "Go by the timetable."),
    "migrate": ("portal.commands.store:migrate", "Bring the store to this version's tables."),
    "demo": ("portal.commands.store:demo", "Fill an empty store with the demonstration year."),
    "compile": ("portal.commands.compiling:compiling", "Print a pack or a book here and now."),
    "reissue": ("portal.commands.compiling:reissue", "Print an edition again from its filed figures, and compare."),
    "import": ("portal.commands.imports:importing", "Take a file of the state's finance system in."),
    "export": ("portal.commands.exports:export", "Hand a period's figures to another system, as files."),
    "sign": ("portal.commands.signing:sign", "Sign an approved edition with the configured certificate."),
    "verify": ("portal.commands.verifying:verify", "Work out every figure of a finished book again."),
    "workbook": ("portal.commands.workbooks:workbook", "Write an office's forms as Excel, and read them back."),
    "form": ("portal.commands.forms:forms", "List, import and export report forms; read XLSForm workbooks."),
    "person": ("portal.commands.person:person", "Add people and give them links to set a password."),
    "doctor": ("portal.commands.doctor:doctor", "Look at the machine and say what to do."),
}

WRONG_SETTING = 2
INTERRUPTED = 130


class _Verbs(click.Group):
    """The verbs, none of which costs anything until it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module, _, name = VERBS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(name, line) for name, (_, line) in VERBS.items()])


@click.command(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def portal() -> None:
    """The reporting portal of the Cooperative Promotion Department.

    Settings come from the environment (PORTAL_DATABASE, PORTAL_DATA, PORTAL_PORT and others; see README.md).
    A wrong setting ends any verb with exit code 2, any other refusal with 1.
    """


def main() -> None:
    """Run the command line. Whatever goes wrong is told in a line, and told by the exit code."""
    os.environ["TZ"] = "Asia/Bangkok"
    time.tzset()
    try:
        code = portal.main(standalone_mode=False, prog_name="portal")
    except click.ClickException as wrong:
        wrong.show()
        code = wrong.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except config.SettingsError as wrong:
        _tell(*wrong.problems)
        code = WRONG_SETTING
    except PortalError as wrong:
        _tell(str(wrong))
        code = 1
    except BrokenPipeError:
        # Whoever read what we print has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except OSError as wrong:
        if wrong.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            raise
        _tell(f"{wrong.strerror}{f' ({wrong.filename})' if wrong.filename else ''}: make room or change the owner")
        code = 1
    sys.exit(code or 0)


def _tell(*lines: str) -> None:
    for line in lines:
        click.echo(f"portal: {line}", err=True)


if __name__ == "__main__":
    main()
