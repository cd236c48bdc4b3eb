"""What a job type says: the program, the command of a batch, the patterns that read its output, its files.

A job type is data, a TOML file in `resources/jobtypes/`; `docs/job-formats.md` tells how one is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from functools import lru_cache
from string import Formatter
from typing import Any, Final

from farmgui.domain.errors import FarmError
from farmgui.domain.notices import TEMPLATES_OF_JOBTYPES, check_template
from farmgui.domain.orders import BatchMode, Patterns
from farmgui.domain.output_names import hashes, plain_number, split_number
from farmgui.domain.shapes import check_shape
from farmgui.domain.tiles import tile_areas, tile_output, tile_values

READERS: Final = frozenset({"", "blend", "pov", "python", "pictures", "shell"})
PARAMETER_KINDS: Final = frozenset({"text", "number", "file", "output", "choice", "command"})

_VERSION: Final = r"(?P<version>\d+(?:\.\d+)+)"

Argument = str | tuple[str, ...]
"""A template with placeholders; a tuple is left out whole when one of its values is empty."""


class BadJobType(FarmError):
    """A job type's file doesn't say what it must; the text names the file's place and the reason."""


class BadCommand(FarmError):
    """A command can't be made from its template; the text names the placeholder."""


@dataclass(frozen=True, slots=True)
class Program:
    """How the program of a job type is found: by name on PATH, then in the usual places (glob patterns)."""

    names: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    version_arguments: tuple[str, ...] = ()
    version_pattern: str = ""
    title: str = ""
    """The name that people know it by, e.g. "Blender"."""

    def version_in(self, answer: str) -> str:
        """The version that the program tells in its `answer`, like "3.4.1"; "" where it tells none."""
        match = re.search(self.version_pattern or _VERSION, answer)
        return (match["version"] or "") if match else ""


@dataclass(frozen=True, slots=True)
class JobTypeDefinition:
    """One version of a job type, whole."""

    name: str
    title: str = ""
    """The name that people read, e.g. "Blender"; the plain `name` where it is empty."""
    description: str = ""
    files: tuple[str, ...] = ()
    """Endings of the files that it takes, lower case, with the dot."""
    reader: str = ""
    """What reads a dropped file for its values: one of READERS; "" only knows the file's name."""
    scene_copy: bool = False
    """Whether a job may render a copy of its scene, made when it was submitted."""
    program: Program | None = None
    mode: BatchMode = BatchMode.EACH
    arguments: tuple[Argument, ...] = ()
    patterns: Patterns = field(default_factory=Patterns)
    outputs: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    cpus: int = 1
    ram: int = 32
    gpus: int = 0
    timeout: int | None = None
    """Seconds that a task may run, where the job doesn't say."""
    silence_timeout: int | None = None
    """Seconds that a task may write nothing, where the job doesn't say."""
    no_automatic_start_time: bool = False
    """A task begins when the output comes to its frame, not with the process."""
    max_batch: int | None = None
    batch_contiguous: bool = False
    whole_frames: bool = False
    """The program knows no fractional frames."""
    lowest_frame: int | None = None
    """The program knows no frames below this one."""
    supports_tiling: bool = False
    assemble: tuple[Argument, ...] = ()
    """The command that puts the tiles of a frame together."""
    notices: Mapping[str, str] = field(default_factory=dict)
    """What mails about its jobs say, by the names of `notices.TEMPLATES`; only for success and failure."""
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value of `Job.data` that the form asks for."""

    name: str
    label: str
    kind: str = "text"
    """One of PARAMETER_KINDS. An "output" names the files of all frames, with #### for the frame."""
    choices: tuple[str, ...] = ()
    default: str = ""
    required: bool = False
    tip: str = ""


@dataclass(frozen=True, slots=True)
class BatchFrame:
    """A task as the command sees it."""

    frame: Decimal
    tile: int | None = None


def parse_definition(data: Mapping[str, Any], where: str = "job type") -> JobTypeDefinition:
    """The definition that a TOML table holds. Raises BadJobType naming what is wrong in `where`."""
    known = {item.name for item in fields(JobTypeDefinition)}
    unknown = set(data) - known
    if unknown:
        raise BadJobType(f"{where}: {', '.join(sorted(unknown))} is not known here.")
    if not isinstance(data.get("name"), str) or not data["name"]:
        raise BadJobType(f"{where}: a name is missing.")
    values = dict(data)
    try:
        if "program" in values:
            values["program"] = Program(**_tuples(values["program"], "program"))
        if "patterns" in values:
            values["patterns"] = Patterns(**_tuples(values["patterns"], "patterns"))
        if "mode" in values:
            values["mode"] = BatchMode(values["mode"])
        for name in ("arguments", "assemble"):
            values[name] = _arguments(values.get(name, ()), name)
        values["parameters"] = tuple(
            Parameter(**_tuples(item, "parameters")) for item in values.get("parameters", ())
        )
        definition = JobTypeDefinition(**_tuples(values, where))
        _check(definition)
    except (TypeError, ValueError, BadCommand) as error:
        raise BadJobType(f"{where}: {error}") from error
    return definition


def _arguments(value: object, name: str) -> tuple[Argument, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise TypeError(f"{name} must be a list of texts, or of lists of them.")
    return tuple(tuple(item) if isinstance(item, list) else item for item in value)


def _tuples(table: object, name: str) -> dict[str, Any]:
    if not isinstance(table, Mapping):
        raise TypeError(f"{name} must be a table.")
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}


def _check(definition: JobTypeDefinition) -> None:
    """Raise TypeError, ValueError or BadCommand for what would only show when a job of the type runs."""
    program = definition.program or Program()
    for part in (definition, program, definition.patterns, *definition.parameters):
        check_shape(part)
    _check_version(program)
    if not definition.arguments:
        raise ValueError("the arguments of the command are missing.")
    for name, text in definition.notices.items():
        if name not in TEMPLATES_OF_JOBTYPES:
            raise ValueError(f"notices has no {name}. It may have {', '.join(TEMPLATES_OF_JOBTYPES)}.")
        check_template(name, text)
    if definition.reader not in READERS:
        raise ValueError(f'there is no reader "{definition.reader}".')
    _check_limits(definition)
    for parameter in definition.parameters:
        if parameter.kind not in PARAMETER_KINDS:
            raise ValueError(f'the parameter {parameter.name} is of an unknown kind, "{parameter.kind}".')
    _check_patterns(definition.patterns)
    for template in _templates(definition):
        _fields(template)


def _check_version(program: Program) -> None:
    try:
        groups = re.compile(program.version_pattern).groupindex
    except re.error as error:
        raise ValueError(f"its version_pattern is no regular expression: {error}.") from error
    if program.version_pattern and "version" not in groups:
        raise ValueError("its version_pattern has no group (?P<version>…).")


def _check_patterns(patterns: Patterns) -> None:
    for pattern in (patterns.progress, patterns.frame, patterns.done, patterns.warning, patterns.error):
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f'the pattern "{pattern}" can\'t be read: {error}.') from error


def _check_limits(definition: JobTypeDefinition) -> None:
    for limit in (definition.timeout, definition.silence_timeout):
        if limit is not None and limit <= 0:
            raise ValueError(f"{limit!r} is no time limit: write whole seconds above 0.")
    if definition.assemble and not definition.supports_tiling:
        raise ValueError("it has a command to assemble tiles, and doesn't support tiling.")


def _templates(definition: JobTypeDefinition) -> Iterator[str]:
    for argument in (*definition.arguments, *definition.assemble):
        yield from (argument,) if isinstance(argument, str) else argument
    yield from definition.outputs


def batch_command(
    definition: JobTypeDefinition, values: Mapping[str, Any], batch: Sequence[BatchFrame]
) -> tuple[str, ...]:
    """The command for `batch`; `values` are the job's data and resources by name.

    For a type whose tasks run each on its own, `batch` has one task. Raises BadCommand.
    """
    return _command(definition, _known(values, batch))


def task_words(
    definition: JobTypeDefinition, values: Mapping[str, Any], frame: BatchFrame
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The command of a task that runs on its own, and the files that it must leave. Raises BadCommand."""
    known = _known(values, [frame])
    return _command(definition, known), _outputs(definition, known)


def _known(values: Mapping[str, Any], batch: Sequence[BatchFrame]) -> dict[str, Any]:
    return {**values, **frame_values(values, batch), **_assembly_values(values, batch[0])}


def _command(definition: JobTypeDefinition, known: Mapping[str, Any]) -> tuple[str, ...]:
    command: list[str] = []
    for argument in definition.arguments:
        if isinstance(argument, tuple):
            if all(_filled(part, known) for part in argument):
                command.extend(fill(part, known) for part in argument)
        elif argument.startswith("{*") and argument.endswith("}"):
            command.extend(fill(part, known) for part in known.get(argument[2:-1]) or ())
        else:
            command.append(fill(argument, known))
    return tuple(command)


def assembly(definition: JobTypeDefinition) -> JobTypeDefinition:
    """How tiles of the type are put together: a command of its own for each frame."""
    return replace(
        definition,
        arguments=definition.assemble,
        mode=BatchMode.EACH,
        patterns=Patterns(error=r"(?:^|\b)[Ee]rror: |^ERROR\b"),
        no_automatic_start_time=False,
    )


def placeholders(arguments: Iterable[Argument]) -> set[str]:
    """The names that stand in the braces of a command's template."""
    words = (part for item in arguments for part in ((item,) if isinstance(item, str) else item))
    return {name.lstrip("*") for word in words for _, name, _, _ in _fields(word) if name}


def task_outputs(
    definition: JobTypeDefinition, values: Mapping[str, Any], frame: BatchFrame
) -> tuple[str, ...]:
    """The files that a frame must leave; a template with an empty value says nothing and is left out."""
    return _outputs(definition, {**values, **frame_values(values, [frame])})


def _outputs(definition: JobTypeDefinition, known: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(fill(part, known) for part in definition.outputs if _filled(part, known))


def frame_values(values: Mapping[str, Any], batch: Sequence[BatchFrame]) -> dict[str, Any]:
    """The placeholders that follow from the batch: frame, start, end, frames, tile, output_file and others.

    A tile's `output` and `output_file` are its own. A job whose data say "unchecked" writes files whose names
    aren't known: there is no output_file.
    """
    first = batch[0]
    numbers = [plain_number(item.frame) for item in batch]
    known: dict[str, Any] = {
        "frame": numbers[0],
        "start": numbers[0],
        "end": numbers[-1],
        "frames": ",".join(map(str, numbers)),
        "tile": "" if first.tile is None else first.tile,
        **tile_values(values, first.tile),
    }
    output = str(values.get("output") or "")
    if not output:
        return known
    of_tile = output if first.tile is None else tile_output(output, first.tile)
    known |= {"output": of_tile, "output_start": split_number(of_tile)[0]}
    if not values.get("unchecked"):
        known["output_file"] = f"{hashes(of_tile, first.frame)}{values.get('extension') or ''}"
    return known


def _assembly_values(values: Mapping[str, Any], frame: BatchFrame) -> dict[str, Any]:
    """The placeholders for a frame of a job in tiles: the areas and the files of all of them."""
    tiles, output = values.get("num_tiles"), str(values.get("output") or "")
    if frame.tile is not None or not tiles or not output or values.get("unchecked"):
        return {}
    ending = values.get("extension") or ""
    names = (hashes(tile_output(output, tile), frame.frame) for tile in range(tiles))
    return {
        "tile_areas": tuple(area.word for area in tile_areas(tiles)),
        # Words of a list are templates themselves.
        "tile_files": tuple(_plain_text(f"{name}{ending}") for name in names),
    }


def fill(template: str, values: Mapping[str, Any]) -> str:
    """`template` with its placeholders replaced. Raises BadCommand for an unknown or badly formatted one.

    Only plain names with a number format are understood; attributes and indexes are refused.
    """
    pieces = _fields(template)
    if len(pieces) == 1 and pieces[0][1] is None:
        return pieces[0][0]
    parts: list[str] = []
    for text, name, spec, conversion in pieces:
        if name is None:
            parts.append(text)
            continue
        if conversion or not name.isidentifier() or name not in values:
            raise BadCommand(f'"{{{name}}}" in "{template}" is no placeholder that is known here.')
        try:
            parts += (text, format(values[name], spec or ""))
        except (ValueError, TypeError) as error:
            raise BadCommand(f'"{{{name}:{spec}}}" in "{template}" can\'t be filled in: {error}.') from error
    return "".join(parts)


def _plain_text(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


# The same few templates are filled for each task that is given out.
@lru_cache(maxsize=4096)
def _fields(template: str) -> tuple[tuple[str, str | None, str | None, str | None], ...]:
    try:
        return tuple(Formatter().parse(template))
    except ValueError as error:
        raise BadCommand(f'"{template}" can\'t be read: {error}. Write {{{{ for a brace.') from error


def _filled(template: str, values: Mapping[str, Any]) -> bool:
    return all(name is None or values.get(name) not in (None, "", ()) for _, name, _, _ in _fields(template))
