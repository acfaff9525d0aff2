// A plain page that hands tasks in and follows them. Where Darkroom is: the folder above this one, also behind a proxy.

import { subscribe, unsubscribe } from './darkroom.js';

const baseUrl = new URL('..', import.meta.url).pathname.replace(/\/$/, '');

const form = document.querySelector('form');
const cancel = form.elements.cancel;
const section = document.querySelector('section');
const [bar, step, left, error, image] = ['progress', '.step', '.left', '.error', 'img'].map((selector) => section.querySelector(selector));
const announcer = document.querySelector('.announcer');

let taskId;

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (taskId) unsubscribe(taskId);
  taskId = undefined;
  show({ percentage: 0, currentStep: 'Handing it in' });
  image.hidden = true;
  error.hidden = true;
  section.hidden = false;
  const fields = new FormData(form);
  const answer = await call('/api/tasks', {
    workflow: 'text-to-image',
    parameters: { prompt: fields.get('prompt'), steps: Number(fields.get('steps')), width: 512, height: 512 },
    metadata: { description: fields.get('prompt') },
  });
  if (answer.taskId) follow(answer.taskId);
  else fail(answer.detail);
});

cancel.addEventListener('click', () => call(`/api/tasks/${taskId}/cancel`));

/** Follows a task; its id is in the address, so that a reload follows it too. */
function follow(id) {
  taskId = id;
  history.replaceState(null, '', `#${id}`);
  section.hidden = false;
  cancel.hidden = false;
  subscribe(id, {
    baseUrl,
    onProgress({ progress, queuePosition, timeLeftMs }) {
      show(progress, queuePosition ? `number ${queuePosition} in the queue` : timeLeftMs === undefined ? '' : `about ${Math.ceil(timeLeftMs / 1000)} s left`);
    },
    onComplete({ progress, result }) {
      show(progress);
      cancel.hidden = true;
      announcer.textContent = 'The picture is done.';
      if (!result.imageUrl) return;
      // It has the base path of Darkroom, if that has one; a proxy may have put another before it.
      image.src = result.imageUrl.startsWith(`${baseUrl}/`) ? result.imageUrl : baseUrl + result.imageUrl;
      image.alt = result.description ?? result.prompt ?? result.name;
      image.hidden = false;
    },
    onError({ kind, message, details }) {
      if (kind === 'cancelled') {
        show({ percentage: 0, currentStep: 'Cancelled' });
        announcer.textContent = message;
        cancel.hidden = true;
      } else {
        fail(details ? `${message} (${details})` : message);
      }
    },
  });
}

function show({ percentage, currentStep }, more = '') {
  bar.value = percentage;
  step.textContent = currentStep;
  left.textContent = more;
}

function fail(message) {
  show({ percentage: 0, currentStep: 'Failed' });
  cancel.hidden = true;
  error.textContent = message;
  error.hidden = false;
}

/** What Darkroom answers; a problem has a `detail`. */
async function call(path, body) {
  try {
    const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(baseUrl + path, body ? json : { method: 'POST' });
    return await response.json();
  } catch {
    return { detail: 'Darkroom cannot be reached. Try again in a moment.' };
  }
}

const known = location.hash.slice(1);
if (known) follow(known);
