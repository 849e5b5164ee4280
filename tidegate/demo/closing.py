"""Act seven: what was done, where it is, and how to do it by hand."""

from rich.markup import escape
from rich.table import Table

from tidegate.demo.stage import Stage


def show_table(stage: Stage, *, keep: bool) -> None:
    """Print the table of steps and the commands."""
    with stage.open_act("What was done"):
        table = Table("act", "what", "outcome", show_lines=False)
        for step in stage.steps:
            table.add_row(str(step.act), escape(step.what), escape(step.outcome))
        stage.console.print(table)
        stage.console.print("\n[bold]By hand[/bold]")
        for line in write_commands(stage):
            stage.console.print(f"  {escape(line)}", soft_wrap=True, highlight=False)
    if keep:
        stage.console.print("\nThe platform keeps running; stop it with the last command.")


def write_commands(stage: Stage) -> list[str]:
    """Every command in order, with the variables that make them speak to this platform."""
    changed = {
        name: value
        for name, value in stage.settings.to_environ().items()
        if name.endswith(("_HOME", "_PORT"))
    }
    exports = [f"export {name}={value}" for name, value in sorted(changed.items())]
    commands = [step.command for step in stage.steps if step.command]
    return [*exports, *dict.fromkeys(commands), "tidegate down"]
