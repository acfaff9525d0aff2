"""The official Python SDK (comfy-sdk) against a Darkroom: COMFY_BASE_URL, and COMFY_API_KEY where it wants a token. SLOW_WORKFLOW: a file."""

import json
import os
import sys
import tempfile
from pathlib import Path

import comfy_low
from comfy_sdk import Comfy, OutputReady, StatusChange
from comfy_sdk.exceptions import ComfyError, InvalidWorkflow, MissingAsset, NotFound, WorkflowFormatUi

folder = Path(__file__).parent
client = Comfy(api_key=os.environ.get("COMFY_API_KEY"))
graph = json.loads((folder / "invert.json").read_text())
# Another one in each run, so that it is uploaded.
seed = os.urandom(3)


def picture(colour: bytes) -> bytes:
    """A PNG of 8 × 8 pixels of one colour."""
    import struct
    import zlib

    def chunk(tag: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data))

    rows = b"".join(b"\0" + colour * 8 for _ in range(8))
    head = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def says(what: str) -> None:
    print(f"python: {what}", flush=True)


def refused(kind: type, act) -> None:
    try:
        act()
    except kind:
        return
    raise AssertionError(f"not refused as {kind.__name__}")


asset = client.assets.from_bytes(picture(seed), filename="sdk.png")
first = asset.commit()
assert asset.created_new is True, asset.created_new
again = client.assets.from_bytes(picture(seed), filename="sdk.png")
assert again.commit() == first, "known by its hash"
says("a file is uploaded once")

workflow = client.workflows.from_json(graph)
workflow.set_input("1", "image", asset)
job = client.submit(workflow)
events = list(job.events())
assert isinstance(events[-1], StatusChange) and events[-1].status == "succeeded", events
assert any(isinstance(event, OutputReady) for event in events[:-1]), events
says(f"events: {', '.join(type(event).__name__ for event in events)}")

job = job.wait(timeout=60)
[output] = job.get_outputs("3")
with tempfile.TemporaryDirectory() as temporary:
    path = Path(temporary) / "out.png"
    output.to_file(path)
    assert path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size == output.size_bytes
    part = Path(temporary) / "part"
    output.to_file(part, range=(0, 7))
    assert part.read_bytes() == b"\x89PNG\r\n\x1a\n", part.read_bytes()
says("the output is fetched, and a part of it")

ran = job.get_workflow()
assert isinstance(ran.graph["1"]["inputs"]["image"], str)
named = json.loads((folder / "invert.json").read_text())
named["1"]["inputs"]["image"] = "sdk.png"
assert client.run(client.workflows.from_json(named)).wait(timeout=60).status == "succeeded"
says("run by the name of the file")

chained = client.workflows.from_json(graph)
chained.set_input("1", "image", client.assets.get(output.id))
assert client.run(chained).wait(timeout=60).status == "succeeded"
says("an output is an input")

assert job.cancel().status == "succeeded", "a job that is over stays as it is"
slow = json.loads(Path(os.environ["SLOW_WORKFLOW"]).read_text())
running = client.submit(client.workflows.from_json(slow))
assert running.cancel().status in ("canceling", "canceled")
assert running.wait(timeout=60).status == "canceled"
says("cancelled")

refused(NotFound, lambda: client.jobs.get("00000000-0000-0000-0000-000000000000"))
refused(InvalidWorkflow, lambda: client.submit(client.workflows.from_json({"1": {"class_type": "NoSuchClass", "inputs": {}}})))
low = comfy_low.ComfyLow(os.environ["COMFY_BASE_URL"], os.environ.get("COMFY_API_KEY"))
for code, body in [
    ("workflow_format_ui", {"nodes": [], "links": []}),
    ("missing_asset", {"1": {"class_type": "LoadImage", "inputs": {"image": {"__type": "core/ASSET", "info": {"id": "ghost"}}}}}),
]:
    try:
        low.post_jobs(body)
    except comfy_low.ApiError as error:
        assert error.code == code, error.code
    else:
        raise AssertionError(code)
key = f"key-{seed.hex()}"
last = low.post_jobs(named, idempotency_key=key)
try:
    low.post_jobs(named, idempotency_key=key)
except comfy_low.ApiError as error:
    assert error.code == "idempotency_key_reuse", error.code
else:
    raise AssertionError("a key was used twice")
# An asset stays while a job needs it.
client.jobs.get(last.id).wait(timeout=60)
client.assets.delete(first)
refused(NotFound, lambda: client.assets.get(first))
says("errors as the SDK knows them")
sys.exit(0)
