"""The browsing dialog: folders and files in a tree, and a path that can be typed; returns the file that was chosen."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import DirectoryTree, Input, Static

from core.settings.files import closed_files, expanded, visible
from tui.explorer.dialogs.closing import Dialog
from tui.explorer.widgets.plain_text import PlainText


class _Files(DirectoryTree):
    """The folders, and the files whose names end fittingly; hidden ones are left out."""

    ICON_NODE, ICON_NODE_EXPANDED, ICON_FILE = "▸ ", "▾ ", "  "

    BINDINGS = [Binding("backspace,left", "screen.up", "The folder above", show=False)]

    def __init__(self, folder: Path, suffixes: Collection[str]) -> None:
        super().__init__(folder, id="browse-files")
        self._suffixes = tuple(suffixes)

    def filter_paths(self, paths: Iterable[Path]) -> Iterable[Path]:
        """Leave out what is hidden, and files of other kinds."""
        return [path for path in paths if not path.name.startswith(".") and (self._fits(path) or _is_folder(path))]

    def _fits(self, path: Path) -> bool:
        return not self._suffixes or path.name.lower().endswith(self._suffixes)


class FileBrowser(Dialog[Path | None]):
    """Choose a file: arrows and enter in the tree, or type its path; returns it, or None."""

    DEFAULT_CSS = """
    FileBrowser { align: center middle; }
    FileBrowser > #browse-box {
        width: 76; max-width: 100%; height: 26; max-height: 100%; padding: 0 1;
        background: $surface; border: round $border;
        border-title-color: $foreground; border-title-style: bold; border-subtitle-color: $foreground-muted;
    }
    FileBrowser Input { height: 1; border: none !important; padding: 0 1; background: $panel; }
    FileBrowser #browse-files { height: 1fr; margin: 1 0 0 0; background: $surface; scrollbar-size-vertical: 1; }
    FileBrowser #browse-note { height: auto; max-height: 4; color: $foreground-muted; }
    FileBrowser #browse-note.-wrong { color: $text-error; }
    """

    BINDINGS = [Binding("escape", "cancel", "Cancel")]
    AUTO_FOCUS = "#browse-files"

    def __init__(
        self, title: str, folder: Path, *, suffixes: Collection[str] = (), hint: str = "", problem: str = ""
    ) -> None:
        """Offer the files in a folder, and in those above and below it.

        Args:
            title: What is to be opened.
            folder: Where to begin; the folder above it where there is none.
            suffixes: How the names of fitting files end, in small letters with the dot; empty for all files. A path
                that is typed may have any name.
            hint: What can be chosen, in a line.
            problem: Why what was chosen before cannot be opened.
        """
        super().__init__()
        self._title, self._suffixes, self._hint, self._problem = title, suffixes, hint, problem
        self._folder = next((one for one in (folder, *folder.parents) if _is_folder(one)), Path.cwd())

    def compose(self) -> ComposeResult:
        """The field for a path, the tree, and what can be chosen."""
        with Vertical(id="browse-box") as box:
            box.border_title = self._title
            box.border_subtitle = "↑↓ · enter · ← the folder above · tab: type a path · esc"
            yield Input(id="browse-path", placeholder="a path, or choose below")
            yield _Files(self._folder, self._suffixes)
            yield PlainText(self._problem or self._hint, id="browse-note", classes="-wrong" if self._problem else "")

    @on(DirectoryTree.FileSelected)
    def _chosen(self, event: DirectoryTree.FileSelected) -> None:
        event.stop()
        self.dismiss(event.path)

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        try:
            path = expanded(event.value.strip())
            folder = _is_folder(path)
        except ValueError as error:
            self._say(str(error))
            return
        if folder:
            self._show_folder(path)
        elif _is_file(path):
            self.dismiss(path)
        else:
            self._say(f"{visible(path)} is no file; choose one below, or type the path of one")

    @on(Input.Changed)
    def _changed(self) -> None:
        self._say(self._hint, wrong=False)

    def _say(self, text: str, *, wrong: bool = True) -> None:
        note = self.query_one("#browse-note", Static)
        note.set_class(wrong, "-wrong")
        note.update(text)

    def _show_folder(self, folder: Path) -> None:
        files = self.query_one(_Files)
        files.path = folder
        files.focus()

    def action_up(self) -> None:
        """Show the folder above the one that is shown."""
        here = Path(self.query_one(_Files).path).absolute()
        self._show_folder(here.parent)

    def action_cancel(self) -> None:
        """Close without a file: nothing is opened."""
        self.dismiss(None)


def _is_folder(path: Path) -> bool:
    closed = closed_files()
    if closed is not None and not closed.allows(path / "any", writing=True):
        return False
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _is_file(path: Path) -> bool:
    closed = closed_files()
    if closed is not None and not closed.allows(path):
        return False
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
