"""Makes the .blend of the tests; run by Blender, the first argument after -- being the folder for it.

blender --background --factory-startup --python tests/submission/make_fixtures.py -- tests/submission/fixtures
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy


def fill_scene(scene: Any, start: int, end: int, step: int, output: str, form: str, engine: str) -> None:
    """A triangle before a camera in grey light: a frame takes some hundredths of a second."""
    scene.frame_start, scene.frame_end, scene.frame_step = start, end, step
    render = scene.render
    render.filepath, render.image_settings.file_format, render.engine = output, form, engine
    render.resolution_x, render.resolution_y, render.resolution_percentage = 64, 36, 100
    scene.cycles.samples = 4
    scene.cycles.use_denoising = False
    camera = bpy.data.objects.new(f"{scene.name} camera", bpy.data.cameras.new("camera"))
    camera.location, camera.rotation_euler = (0, -5, 0), (1.5708, 0, 0)
    mesh = bpy.data.meshes.new("triangle")
    mesh.from_pydata([(-1, 0, -1), (1, 0, -1), (0, 0, 1)], [], [(0, 1, 2)])
    triangle = bpy.data.objects.new("triangle", mesh)
    scene.collection.objects.link(camera)
    scene.collection.objects.link(triangle)
    scene.camera = camera
    scene.world = bpy.data.worlds.new("world")
    scene.world.color = (0.5, 0.5, 0.5)


def main(folder: Path) -> None:
    """Save a file with two scenes, which Blender packs with zstd."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    shot = bpy.data.scenes[0]
    shot.name = "Shot"
    fill_scene(shot, 1, 6, 1, "//frames/shot_", "PNG", "CYCLES")
    fill_scene(bpy.data.scenes.new("Close up"), 10, 40, 5, "/tmp/", "FFMPEG", "BLENDER_EEVEE")
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "two_scenes.blend"), compress=True)


main(Path(sys.argv[sys.argv.index("--") + 1]).resolve())
