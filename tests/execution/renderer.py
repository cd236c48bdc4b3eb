"""A stand-in renderer: renders frames one after the other and says so, as Blender does."""

import sys
import time
from pathlib import Path

folder, frames, *rest = sys.argv[1:]
options = dict(zip(rest[::2], rest[1::2], strict=True))
seconds = float(options.get("--seconds", "0.01"))
fail_at = options.get("--fail-at")
late = options.get("--late")


def say(text: str) -> None:
    print(text, flush=True)


say("Read scene")
time.sleep(float(options.get("--load", "0")))
for frame in frames.split(","):
    path = f"{folder}/pic_{int(frame):04d}.txt"
    say(f"Fra:{frame} Mem:10M")
    for sample in range(1, 5):
        say(f"Fra:{frame} Mem:10M | Sample {sample}/4")
        time.sleep(seconds / 4)
    if frame == fail_at:
        say(f"Error: out of luck in frame {frame}")
        say("Some more words")
        sys.exit(1)
    if frame == options.get("--stuck-at"):
        time.sleep(1000)
    if frame == options.get("--skip"):
        continue
    if frame != late:
        Path(path).write_text(f"frame {frame}")
    if frame not in (options.get("--silent"), options.get("--no-picture")):
        say(f"Saved: '{path}'")
    if frame == late:
        time.sleep(0.05)
        Path(path).write_text(f"frame {frame}")
    say(" Time: 00:00.10")
say("Quit")
time.sleep(float(options.get("--linger", "0")))
sys.exit(int(options.get("--status", "0")))
