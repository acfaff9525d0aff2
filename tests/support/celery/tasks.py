"""Tasks that do what a render farm does: progress, failure, retries, and being killed."""

import os
import time

from celery import Celery

app = Celery("studio", broker=os.environ["REDIS_URL"], backend=os.environ["REDIS_URL"])
app.conf.update(task_track_started=True, broker_connection_retry_on_startup=True)
# Tasks that wait do so until this file is there.
GATE = os.environ["GATE"]


def wait_for_gate():
    while not os.path.exists(GATE):
        time.sleep(0.02)


@app.task(bind=True, name="tasks.render")
def render(self, shot, frames=3):
    for frame in range(1, frames + 1):
        self.update_state(state="PROGRESS", meta={"current": frame, "total": frames, "message": f"frame {frame}", "shot_id": shot})
        if frame == 1:
            wait_for_gate()
    return {"path": f"/renders/{shot}.mp4", "frames": frames}


@app.task(name="tasks.boom")
def boom():
    raise ValueError("no frames", 7)


@app.task(bind=True, name="tasks.flaky", max_retries=3)
def flaky(self):
    if self.request.retries < 2:
        raise self.retry(exc=RuntimeError("busy"), countdown=0)
    return "ok"


@app.task(bind=True, name="tasks.percent")
def percent(self):
    for number in (0.5, 40, 90):
        self.update_state(state="DENOISING", meta={"progress": number})
    wait_for_gate()


@app.task(name="tasks.die")
def die():
    os._exit(3)


@app.task(name="tasks.limit")
def limit():
    time.sleep(60)
