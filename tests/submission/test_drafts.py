"""Dropped files become drafts that say what they know, and mark what they don't."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from farmgui.domain.errors import NotFound
from farmgui.domain.jobtypes import JobTypeDefinition
from farmgui.submission.command_draft import draft_command, join_words, split_words
from farmgui.submission.draft import Draft, Existing, Level, SceneOffer
from farmgui.submission.filling import choose_scene, draft_for, empty_draft, refusal, with_program
from farmgui.submission.job import existing, job_data, missing_frames, to_spec
from farmgui.submission.scene_error import UnreadableScene
from tests.submission.blends import Layout, scene, synthetic

Definitions = list[JobTypeDefinition]
Types = dict[str, JobTypeDefinition]


def notes(draft: Draft, about: str) -> list[str]:
    """The sentences on a field."""
    return [note.text for note in draft.notes if note.field == about]


class TestBlender:
    """A .blend."""

    def test_the_scene_that_it_opens_with(self, shot: Path, definitions: Definitions) -> None:
        draft = draft_for(shot, definitions)
        assert draft.job_type == "blender"
        assert draft.title == "shot – Shot"
        assert draft.frames == "1-6"
        assert draft.value("output") == str(shot.parent / "frames" / "shot_####")
        assert (draft.value("format"), draft.value("engine")) == ("", "")
        assert draft.scene_version == "3.4"
        assert draft.copy_scene
        assert [offer.text for offer in draft.scenes] == ["Shot (1-6)", "Close up (10-40x5)"]
        assert [note for note in draft.notes if note.field != "program"] == []

    def test_another_scene_brings_its_own_values(self, shot: Path, definitions: Definitions) -> None:
        draft = choose_scene(draft_for(shot, definitions), "Close up")
        assert (draft.title, draft.frames) == ("shot – Close up", "10-40x5")
        assert draft.value("output") == str(shot.parent / "shot_frames" / "Close up_####")
        assert draft.value("format") == "PNG"
        assert job_data(draft)["extension"] == ".png"
        assert notes(draft, "output") == [
            "The scene writes to /tmp, which is the temporary folder:"
            " frames go to shot_frames beside the scene instead."
        ]
        assert notes(draft, "format") == [
            "The scene writes a movie (FFMPEG): its frames are written as PNG pictures instead."
        ]
        back = choose_scene(draft, "Shot")
        assert (back.title, back.frames, notes(back, "format")) == ("shot – Shot", "1-6", [])

    def test_a_title_of_ones_own_stays(self, shot: Path, definitions: Definitions) -> None:
        draft = replace(draft_for(shot, definitions), title="My shot")
        assert choose_scene(draft, "Close up").title == "My shot"

    def test_what_could_not_be_read_is_empty_and_marked(
        self, tmp_path: Path, definitions: Definitions
    ) -> None:
        path = tmp_path / "old.blend"
        path.write_bytes(synthetic(Layout()).replace(b"SDNA", b"XXXX"))
        draft = draft_for(path, definitions)
        assert draft.frames == "5-9"
        assert draft.value("format") == ""
        assert [note.level for note in draft.notes if note.field == "format"] == [Level.MISSING]
        assert notes(draft, "output") == [
            "Where the scene writes couldn't be read: frames go to old_frames beside the scene instead."
        ]
        assert job_data(draft)["unchecked"]

    def test_a_scene_that_is_not_there(self, shot: Path, definitions: Definitions) -> None:
        with pytest.raises(NotFound, match=r'no scene "Nope" in shot\.blend\. There are: Shot, Close up\.'):
            choose_scene(draft_for(shot, definitions), "Nope")

    @pytest.mark.parametrize("written", ["/film/a", "/film/a.png", "/film/a####", "/film/a####.png"])
    def test_an_output_as_somebody_writes_it(self, written: str, types: Types) -> None:
        assert job_data(Draft(types["blender"], values={"output": written}))["output"] == "/film/a####"

    def test_one_scene_needs_no_name_in_the_title(self, tmp_path: Path, definitions: Definitions) -> None:
        layout = Layout()
        path = tmp_path / "old.blend"
        second = layout.block(b"SC\0\0", scene(layout, "Second", 5, 9), 3, 0x2000)
        assert second in synthetic(layout)
        path.write_bytes(synthetic(layout).replace(second, b""))
        draft = draft_for(path, definitions)
        assert (draft.title, draft.value("scene_name")) == ("old", "First")

    @pytest.mark.parametrize(
        ("written", "expected"),
        [
            ("//out/a_", "{scene}/out/a_####"),
            ("//sub\\out\\a.", "{scene}/sub/out/a.####"),
            ("//../out/a_", "{beside}"),
            ("//out/", "{scene}/out/####"),
            ("//", "{scene}/####"),
            ("//out/a_##.png", "{scene}/out/a_##"),
            ("//out/a_##.v2", "{scene}/out/a_##.v2"),
            ("//out/take.2_", "{scene}/out/take.2_####"),
            ("C:\\out\\a_", "{beside}"),
            ("\\\\server\\out\\a_", "{beside}"),
            ("out/a_", "{beside}"),
            ("//{blend_name}/a_", "{beside}"),
            ("/tmp/", "{beside}"),
            ("/tmp\\", "{beside}"),
            ("//old.blend/a_", "{beside}"),
            ("", "{beside}"),
        ],
    )
    def test_where_frames_go(
        self, written: str, expected: str, tmp_path: Path, definitions: Definitions
    ) -> None:
        folder = tmp_path / "film"
        folder.mkdir()
        path = folder / "old.blend"
        layout = Layout()
        shown = scene(layout, "Second", 5, 9)
        path.write_bytes(synthetic(layout).replace(shown, scene(layout, "Second", 5, 9, written)))
        draft = draft_for(path, definitions)
        place = expected.format(scene=folder, beside=folder / "old_frames" / "Second_####")
        assert draft.value("output") == place
        assert bool(notes(draft, "output")) == (expected == "{beside}")

    def test_a_scene_with_caches_is_not_copied(self, shot: Path, definitions: Definitions) -> None:
        (shot.parent / "blendcache_shot").mkdir()
        draft = draft_for(shot, definitions)
        assert not draft.copy_scene
        assert notes(draft, "copy_scene")

    @pytest.mark.parametrize(
        ("chosen", "own", "suffix", "extension"),
        [
            ("", "OPEN_EXR", "", ".exr"),
            ("JPEG", "OPEN_EXR", "", ".jpg"),
            ("", "PNG", "_L", "_L.png"),
        ],
    )
    def test_the_ending_follows_from_the_format(
        self, chosen: str, own: str, suffix: str, extension: str, types: Types
    ) -> None:
        offer = SceneOffer("Scene", format=own, suffix=suffix)
        values = {"scene_name": "Scene", "format": chosen, "output": "/film/a_"}
        data = job_data(Draft(types["blender"], values=values, scenes=(offer,)))
        assert data["extension"] == extension
        assert data["output"] == "/film/a_####"

    def test_views_with_names_of_their_own_are_not_checked(self, types: Types) -> None:
        offer = SceneOffer("Scene", format="PNG", suffix=None)
        draft = Draft(types["blender"], values={"scene_name": "Scene", "output": "/a"}, scenes=(offer,))
        assert job_data(draft)["unchecked"]


class TestPov:
    """A .pov."""

    def test_a_still(self, tmp_path: Path, definitions: Definitions) -> None:
        path = tmp_path / "still.pov"
        path.write_text("sphere { 0, 1 } // the clock stands still\n/* frame_number */")
        draft = draft_for(path, definitions)
        assert draft.frames == "1"
        assert (draft.value("width"), draft.value("height")) == ("1920", "1080")
        assert draft.value("output") == str(tmp_path / "still_frames" / "still_####.png")
        assert job_data(draft)["animation_ending"] == ""

    def test_an_animation_that_does_not_say_its_frames(self, ball: Path, definitions: Definitions) -> None:
        draft = draft_for(ball, definitions)
        assert draft.frames == ""
        assert [note.level for note in draft.notes if note.field == "frames"] == [Level.MISSING]

    @pytest.mark.parametrize(
        ("output", "last", "expected"),
        [
            ("/f/a_####.png", "120", "0.png"),
            ("/f/a_####.png", "24", "00.png"),
            ("/f/a_####.png", "1000", ".png"),
        ],
    )
    def test_the_number_that_povray_adds(self, output: str, last: str, expected: str, types: Types) -> None:
        values = {"output": output, "first_frame": "1", "last_frame": last}
        assert job_data(Draft(types["pov-ray"], values=values))["animation_ending"] == expected


class TestPython:
    """A script."""

    def test_its_block(self, tmp_path: Path, definitions: Definitions) -> None:
        path = tmp_path / "draw.py"
        path.write_text(
            '"""Draws."""\n# /// farmgui\n# title = "Waves"\n# frames = "1-20x2"\n#\n'
            '# output = "out/wave.####.png"\n# cpus = 2\n# ///\nprint()\n'
        )
        draft = draft_for(path, definitions)
        assert (draft.title, draft.frames, draft.cpus) == ("Waves", "1-20x2", 2)
        assert draft.value("output") == str(tmp_path / "out" / "wave.####.png")
        assert split_words(draft.value("arguments")) == ["{frame}", "{output_file}"]
        assert draft.cwd == tmp_path

    def test_without_a_block_it_runs_once(self, tmp_path: Path, definitions: Definitions) -> None:
        path = tmp_path / "draw.py"
        path.write_text("print('hello')\n")
        draft = draft_for(path, definitions)
        assert (draft.title, draft.frames, draft.value("arguments")) == ("draw", "1", "")
        assert [note.level for note in draft.notes] == [Level.MISSING]

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("frames = 1-20", "can't be read"),
            ("frames = 20", '"frames" is no str'),
            ("fps = 20", 'no word for "fps"'),
            ("cpus = true", '"cpus" is no int'),
        ],
    )
    def test_a_block_that_cannot_be_read(
        self, line: str, words: str, tmp_path: Path, definitions: Definitions
    ) -> None:
        path = tmp_path / "draw.py"
        path.write_text(f"# /// farmgui\n# {line}\n# ///\n")
        with pytest.raises(UnreadableScene, match=words):
            draft_for(path, definitions)


class TestPictures:
    """A picture of a sequence, which becomes a movie."""

    @pytest.mark.parametrize(
        ("names", "dropped", "pattern", "first", "told"),
        [
            (["a_0007.png", "a_0008.png"], 1, "a_%04d.png", "7", ["2 pictures, 7 to 8"]),
            (["a.7.png", "a.12.png"], 1, "a.%01d.png", "7", ["missing", "2 pictures, 7 to 12"]),
            (["s2_099.png", "s2_100.png", "s3_101.png"], 1, "s2_%03d.png", "99", ["2 pictures, 99 to 100"]),
            (["50%_1.png"], 0, "50%%_%01d.png", "1", ["1 picture"]),
        ],
    )
    def test_its_sequence(
        self,
        names: list[str],
        dropped: int,
        pattern: str,
        first: str,
        told: list[str],
        tmp_path: Path,
        definitions: Definitions,
    ) -> None:
        for name in names:
            (tmp_path / name).write_bytes(b"x")
        draft = draft_for(tmp_path / names[dropped], definitions)
        assert draft.job_type == "ffmpeg"
        assert draft.value("input") == str(tmp_path / pattern)
        assert draft.value("first") == first
        assert draft.value("output").endswith(".mp4")
        assert all(word in text for word, text in zip(told, notes(draft, "input"), strict=True))
        assert draft.frames == "1"

    def test_a_picture_without_a_number(self, tmp_path: Path, definitions: Definitions) -> None:
        (tmp_path / "logo.png").write_bytes(b"x")
        with pytest.raises(UnreadableScene, match="has no number"):
            draft_for(tmp_path / "logo.png", definitions)


class TestCommands:
    """Words."""

    def test_words(self, types: Types, tmp_path: Path) -> None:
        draft = draft_command(types["command-line"], ["echo", "a b", "{frame}"], tmp_path)
        spec = to_spec(draft)
        assert spec.data["command"] == ["echo", "a b", "{frame}"]
        assert (spec.title, spec.data["cwd"]) == ("echo", str(tmp_path))

    @pytest.mark.parametrize("words", [["a", "b c", ""], ["it's", '"x"'], ["{frame:04d}", "#"]])
    def test_words_come_back(self, words: list[str]) -> None:
        assert split_words(join_words(words)) == words

    @pytest.mark.parametrize(("mode", "first"), [(0o755, "{path}"), (0o644, "sh")])
    def test_a_shell_script(self, mode: int, first: str, tmp_path: Path, definitions: Definitions) -> None:
        path = tmp_path / "go.sh"
        path.write_text("echo $1\n")
        path.chmod(mode)
        draft = draft_for(path, definitions)
        assert split_words(draft.value("command"))[0] == first.format(path=path)


class TestRefusals:
    """What can't be submitted is refused, while it is dragged where that is possible."""

    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            ("notes.txt", b"x", r"notes\.txt is no scene that is known here \(\.blend, .*\.py"),
            ("shot.blend", b"", r"shot\.blend is empty"),
            ("shot.blend", None, "There is no file"),
        ],
    )
    def test_while_dragging(
        self, name: str, content: bytes | None, words: str, tmp_path: Path, definitions: Definitions
    ) -> None:
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        refused = refusal(path, definitions)
        assert refused
        with pytest.raises(UnreadableScene, match=words):
            draft_for(path, definitions)

    def test_a_folder(self, tmp_path: Path, definitions: Definitions) -> None:
        assert "is a folder" in (refusal(tmp_path, definitions) or "")

    def test_a_scene_is_not_refused(self, shot: Path, definitions: Definitions) -> None:
        assert refusal(shot, definitions) is None

    @pytest.mark.parametrize("name", ["a.blend", "a.pov", "a.py", "a.sh"])
    def test_noise(self, name: str, tmp_path: Path, definitions: Definitions) -> None:
        path = tmp_path / name
        path.write_bytes(bytes(range(256)) * 4)
        with pytest.raises(UnreadableScene):
            draft_for(path, definitions)


def test_a_program_that_is_missing_is_told(shot: Path, definitions: Definitions) -> None:
    draft = draft_for(shot, definitions, {"blender": "/nowhere/blender"})
    assert draft.program is None
    assert notes(draft, "program")[0].startswith(
        "Blender is set to /nowhere/blender, and no program is there."
    )
    again = with_program(draft, "/bin/sh")
    assert (str(again.program), notes(again, "program")) == ("/bin/sh", [])


def test_frames_that_exist(shot: Path, definitions: Definitions) -> None:
    draft = draft_for(shot, definitions)
    folder = shot.parent / "frames"
    folder.mkdir()
    assert existing(draft) == Existing(0, 6)
    assert existing(draft).text == ""
    for name, content in {"shot_0002.png": b"x", "shot_0003.png": b"x", "shot_0004.png": b""}.items():
        (folder / name).write_bytes(content)
    assert existing(draft).text == "2 of 6 exist"
    assert missing_frames(draft) == "1,4-6"
    assert existing(replace(draft, frames="2-3")).text == "All 2 exist"
    assert existing(replace(draft, frames="nonsense")) == Existing(0, 0)


def test_the_job_of_a_draft(shot: Path, definitions: Definitions) -> None:
    draft = replace(
        draft_for(shot, definitions), priority=7, queue="/film", batch=3, cpus=4, more={"requeue": 1}
    )
    copied = shot.with_name(".shot.farmgui-1.blend")
    spec = to_spec(draft, copied)
    assert (spec.priority, spec.queue, spec.batch, spec.cpus, spec.requeue) == (7, "/film", 3, 4, 1)
    assert spec.data["scene"] == str(copied)
    assert spec.data["original_scene"] == str(shot)
    assert spec.data["scene_copy"] is True
    assert (spec.data["output"], spec.data["extension"]) == (
        str(shot.parent / "frames" / "shot_####"),
        ".png",
    )


def test_an_empty_draft_has_the_defaults(types: Types) -> None:
    assert empty_draft(types["ffmpeg"]).value("fps") == "24"


def test_an_output_may_be_relative_to_the_scene(shot: Path, definitions: Definitions) -> None:
    draft = draft_for(shot, definitions).with_values(output="new/a_##")
    assert job_data(draft)["output"] == str(shot.parent / "new" / "a_##")
