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

from farmgui.domain.batch_values import OF_BATCH, BatchValues
from farmgui.domain.batches import Pickable
from farmgui.domain.errors import FarmError
from farmgui.domain.notices import TEMPLATES_OF_JOBTYPES, check_template
from farmgui.domain.orders import BatchMode, Patterns
from farmgui.domain.shapes import check_shape

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
    definition: JobTypeDefinition, values: Mapping[str, Any], batch: Sequence[Pickable]
) -> tuple[str, ...]:
    """The command for `batch`; `values` are the job's data and resources by name.

    For a type whose tasks run each on its own, `batch` has one task. Raises BadCommand.
    """
    return _command(definition.arguments, BatchValues(values, batch))


def task_outputs(definition: JobTypeDefinition, values: Mapping[str, Any], task: Pickable) -> tuple[str, ...]:
    """The files that a task must leave; a template with an empty value says nothing and is left out."""
    return _outputs(definition, BatchValues(values, (task,)))


class JobWords:
    """The same for the many batches of one job: what they share of its command is filled in once."""

    def __init__(self, definition: JobTypeDefinition, values: Mapping[str, Any]) -> None:
        self.definition = definition
        self._values = values
        self._arguments = tuple(_begun(definition.arguments, values))

    def command(self, batch: Sequence[Pickable]) -> tuple[str, ...]:
        """The command for `batch`. Raises BadCommand."""
        return _command(self._arguments, BatchValues(self._values, batch))

    def outputs(self, task: Pickable) -> tuple[str, ...]:
        """The files that a task must leave. Raises BadCommand."""
        return _outputs(self.definition, BatchValues(self._values, (task,)))

    def of_task(self, task: Pickable) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The command of a task that runs on its own, and the files that it must leave. Raises BadCommand."""
        known = BatchValues(self._values, (task,))
        return _command(self._arguments, known), _outputs(self.definition, known)


@dataclass(frozen=True, slots=True)
class _Words:
    """Words that are the same for all batches of a job."""

    words: tuple[str, ...]


def _begun(arguments: Iterable[Argument], values: Mapping[str, Any]) -> Iterator[Argument | _Words]:
    """`arguments` where those that say the same to all batches are filled in."""
    ready: list[str] = []
    for argument in arguments:
        words = _same_words(argument, values)
        if words is not None:
            ready += words
            continue
        if ready:
            yield _Words(tuple(ready))
            ready = []
        yield argument
    if ready:
        yield _Words(tuple(ready))


def _same_words(argument: Argument, values: Mapping[str, Any]) -> list[str] | None:
    """The words of an argument that doesn't depend on the batch."""
    try:
        parts = _parts(argument, values)
        if OF_BATCH.isdisjoint(placeholders([argument, *parts])):
            return [fill(part, values) for part in parts]
    except BadCommand:
        # It is told with the first command that needs the argument.
        pass
    return None


def _command(arguments: Iterable[Argument | _Words], known: Mapping[str, Any]) -> tuple[str, ...]:
    command: list[str] = []
    for argument in arguments:
        if isinstance(argument, _Words):
            command += argument.words
        else:
            for part in _parts(argument, known):
                command.append(fill(part, known))
    return tuple(command)


def _parts(argument: Argument, known: Mapping[str, Any]) -> Sequence[str]:
    """The templates of an argument's words; those of a list are templates themselves."""
    if isinstance(argument, tuple):
        return argument if all(_filled(part, known) for part in argument) else ()
    if argument.startswith("{*") and argument.endswith("}"):
        return _value(argument[2:-1], known) or ()
    return (argument,)


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


def _outputs(definition: JobTypeDefinition, known: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple([fill(part, known) for part in definition.outputs if _filled(part, known)])


def fill(template: str, values: Mapping[str, Any]) -> str:
    """`template` with its placeholders replaced. Raises BadCommand for an unknown or badly formatted one.

    Only plain names with a number format are understood; attributes and indexes are refused.
    """
    filled = ""
    for text, name, spec, plain in _fields(template):
        filled += text
        if name is None:
            continue
        try:
            if not plain:
                raise KeyError(name)
            filled += format(values[name], spec)
        except KeyError as error:
            raise BadCommand(f'"{{{name}}}" in "{template}" is no placeholder that is known here.') from error
        except (ValueError, TypeError) as error:
            raise BadCommand(f'"{{{name}:{spec}}}" in "{template}" can\'t be filled in: {error}.') from error
    return filled


# The same few templates are filled for each task that is given out.
@lru_cache(maxsize=4096)
def _fields(template: str) -> tuple[tuple[str, str | None, str, bool], ...]:
    """The pieces of `template`: a text, the name and format behind it, and whether that's a plain name."""
    try:
        return tuple(
            (text, name, spec or "", not conversion and name is not None and name.isidentifier())
            for text, name, spec, conversion in Formatter().parse(template)
        )
    except ValueError as error:
        raise BadCommand(f'"{template}" can\'t be read: {error}. Write {{{{ for a brace.') from error


def _filled(template: str, values: Mapping[str, Any]) -> bool:
    for _, name, _, _ in _fields(template):
        if name is not None and _value(name, values) in (None, "", ()):
            return False
    return True


def _value(name: str, values: Mapping[str, Any]) -> Any:
    try:
        return values[name]
    except KeyError:
        return None
