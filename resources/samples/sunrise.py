"""Draws one frame of a sunrise over a lake: `python sunrise.py FRAME FILE.png`.

It needs nothing but Python, and takes about a second a frame. farmgui reads the block below when the script
is dropped on its window: the frames, the file that each of them leaves, and how the script is called.
"""

# /// farmgui
# title = "Sunrise (sample)"
# frames = "1-24"
# output = "sunrise_frames/sunrise_####.png"
# arguments = ["{frame}", "{output_file}"]
# cpus = 1
# ///

from __future__ import annotations

import math
import random
import struct
import sys
import zlib
from pathlib import Path

WIDTH, HEIGHT = 640, 360
UNIT = HEIGHT / 270
SHORE = 245
"""The row where the land ends and the water begins."""
FRAMES = 24
LAYERS = 5

Colour = tuple[float, float, float]

# What the sky has from its top to the shore, before and after the sun is up.
NIGHT = ((0.02, 0.03, 0.10), (0.07, 0.08, 0.24), (0.36, 0.19, 0.38), (0.86, 0.40, 0.36))
DAY = ((0.16, 0.34, 0.66), (0.42, 0.58, 0.80), (0.93, 0.74, 0.66), (1.00, 0.83, 0.56))
LAND_FAR, LAND_NEAR = (0.52, 0.34, 0.47), (0.04, 0.05, 0.11)
SUN = (1.00, 0.86, 0.60)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """`a` and `b` mixed: 0 is all `a`, 1 is all `b`."""
    rest = 1.0 - share
    return (a[0] * rest + b[0] * share, a[1] * rest + b[1] * share, a[2] * rest + b[2] * share)


def ramp(colours: tuple[Colour, ...], place: float) -> Colour:
    """The colour at `place`, 0 to 1, of a ramp of colours."""
    at = min(max(place, 0.0), 0.9999) * (len(colours) - 1)
    return mix(colours[int(at)], colours[int(at) + 1], at - int(at))


def ridge(layer: int, drift: float) -> list[float]:
    """The row at which the hills of a layer begin, for each column; the nearest layer is the last one."""
    near = layer / (LAYERS - 1)
    chance = random.Random(f"hills {layer}")  # noqa: S311 a picture keeps no secrets
    waves = [
        (0.5**octave, (0.6 + 0.5 * near) * 1.9**octave, chance.uniform(0, 2 * math.pi)) for octave in range(6)
    ]
    rows = []
    for column in range(WIDTH):
        place = (column / WIDTH + drift * (0.2 + 1.3 * near)) * 2 * math.pi
        height = sum(size * math.sin(place * speed + start) for size, speed, start in waves)
        peak = 1.0 - abs(height) / 1.4
        rows.append(SHORE - UNIT * (4 + (1.0 - near) * 50 + peak * (34 - 16 * near) - near * 18))
    return rows


def stars(light: float) -> dict[tuple[int, int], float]:
    """How bright each star is; they fade as the sky gets light."""
    chance = random.Random("stars")  # noqa: S311 a picture keeps no secrets
    return {
        (chance.randrange(WIDTH), int(chance.random() ** 1.6 * SHORE * 0.65)): chance.uniform(0.2, 1.0)
        * (1.0 - light)
        for _ in range(170)
    }


def draw_land(time: float) -> list[list[Colour]]:
    """The rows above the shore at `time`, 0 to 1: sky, stars, sun and hills."""
    light = time * time * (3.0 - 2.0 * time)
    sun_x, sun_y = WIDTH * (0.60 - 0.08 * time), SHORE - UNIT * (40 + 96 * time)
    ridges = [ridge(layer, time * 0.3) for layer in range(LAYERS)]
    star = stars(min(light * 1.7, 1.0))
    night = [ramp(NIGHT, row / SHORE) for row in range(SHORE)]
    day = [ramp(DAY, row / SHORE) for row in range(SHORE)]
    rows = []
    for row in range(SHORE):
        sky = mix(night[row], day[row], light)
        line = []
        for column in range(WIDTH):
            away = math.hypot(column - sun_x, row - sun_y) / UNIT
            glow = 0.55 * math.exp(-away / 34) + 0.35 * math.exp(-away / 120)
            colour = mix(sky, SUN, min(glow, 1.0))
            disc = min(max((15.0 - away) * UNIT, 0.0), 1.0)
            if disc:
                colour = mix(colour, (1.0, 0.97, 0.86), disc)
            shine = star.get((column, row))
            if shine:
                colour = mix(colour, (1.0, 1.0, 1.0), shine)
            for layer in range(LAYERS):
                cover = row + 0.5 - ridges[layer][column]
                if cover > 0:
                    near = layer / (LAYERS - 1)
                    land = mix(mix(LAND_FAR, sky, 0.45), LAND_NEAR, near**0.7)
                    # Mist lies at the foot of the hills and takes the colour of the sun.
                    mist = (1.0 - near) * min(cover / (70 * UNIT), 1.0) * 0.75
                    land = mix(land, mix(sky, SUN, 0.25 + 0.3 * glow), mist)
                    lit = max(0.0, 1.0 - cover / (5 * UNIT)) * (1.0 - near) * light * 0.35
                    colour = mix(colour, mix(land, SUN, lit), min(cover, 1.0))
            line.append(colour)
        rows.append(line)
        if row % 24 == 23:
            print(f"{row / HEIGHT:.0%}", flush=True)
    return rows


def draw_water(land: list[list[Colour]], time: float) -> list[list[Colour]]:
    """The rows below the shore: the land upside down, pulled apart by ripples that are larger nearby."""
    rows = []
    for row in range(SHORE, HEIGHT):
        deep = (row - SHORE) / (HEIGHT - SHORE)
        line = []
        for column in range(WIDTH):
            wave = math.sin(row * row * 0.007 - time * 26 + 2.2 * math.sin(column * 0.016 + row * 0.26))
            wave += 0.6 * math.sin(column * 0.034 - row * 0.7 + time * 17)
            up = SHORE - 1 - (row - SHORE) * 1.55 + wave * UNIT * (0.6 + 7.0 * deep)
            aside = column + wave * UNIT * (0.5 + 3.5 * deep)
            seen = land[min(max(int(up), 0), SHORE - 1)][min(max(int(aside), 0), WIDTH - 1)]
            colour = mix(seen, (0.05, 0.09, 0.19), 0.22 + 0.38 * deep)
            if wave > 1.25:
                colour = mix(colour, SUN, (wave - 1.25) * 0.5 * (1.0 - deep) * (0.3 + time))
            line.append(colour)
        rows.append(line)
    return rows


def write_png(path: Path, rows: list[list[Colour]]) -> None:
    """Write rows of colours, 0 to 1, as an 8 bit PNG file."""
    chance = random.Random(path.name)  # noqa: S311 a picture keeps no secrets
    data = bytearray()
    for row in rows:
        data.append(0)
        for colour in row:
            # A grain as large as one step of brightness keeps the sky from showing bands.
            grain = chance.random()
            data.extend(min(int(part * 255 + grain), 255) for part in colour)
    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(data), 6)), (b"IEND", b""))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for kind, body in parts:
            check = zlib.crc32(kind + body)
            file.write(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check))


def main(arguments: list[str]) -> int:
    """Draw the frame that the arguments name."""
    if len(arguments) != 2:
        print("error: call it as sunrise.py FRAME FILE.png", file=sys.stderr)
        return 2
    frame, path = float(arguments[0]), Path(arguments[1])
    print(f"frame {arguments[0]} of the sunrise", flush=True)
    time = min(max((frame - 1) / (FRAMES - 1), 0.0), 1.0)
    land = draw_land(time)
    rows = land + draw_water(land, time)
    print("95%", flush=True)
    write_png(path, rows)
    print(f"100%\nwrote {path}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
