// Follows tasks of Darkroom from any page: import { subscribe } from '/client/darkroom.js'. Types: darkroom.d.ts beside this file.

/** The first wait before a stream that the browser gave up is opened again. Doubled with each failure in a row. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** Answers that another try would only get again. Too early and too many requests (408, 425, 429) pass. */
const isFinal = (status) => status >= 400 && status < 500 && ![408, 425, 429].includes(status);

const LOST = Object.freeze({ isConnected: false });
const REGAINED = Object.freeze({ isConnected: true });

/** One stream for each task of each Darkroom, shared by all who subscribed to it: by the url of the stream. */
const channels = new Map();

/**
 * Follows a task to its end. All callbacks are optional.
 *
 * @param {string} taskId
 * @param {import('./darkroom.d.ts').Callbacks & import('./darkroom.d.ts').Options} [options]
 * @returns {() => void} ends this subscription, and no other of the same task
 */
export function subscribe(taskId, options = {}) {
  const base = String(options.baseUrl ?? '').replace(/\/+$/, '');
  const path = encodeURIComponent(taskId);
  const url = `${base}/progress/${path}`;
  const channel = channels.get(url) ?? new Channel(taskId, url, `${base}/api/tasks/${path}`);
  channels.set(url, channel);
  return channel.add(options);
}

/** Ends all subscriptions of a task. None of their callbacks is called after this. */
export function unsubscribe(taskId) {
  for (const channel of [...channels.values()]) if (channel.taskId === taskId) channel.close();
}

/**
 * The same as an object, each with its own subscriptions: of a task at most one, and a later one takes the place of the earlier.
 */
export class WebhookManager {
  /** What ends the subscription of each task that is followed. */
  #ends = new Map();
  #options;

  /** @param {import('./darkroom.d.ts').Options} [options] */
  constructor(options = {}) {
    this.#options = options;
  }

  /** The callbacks as one object, or as `onProgress, onComplete, onError`. */
  subscribe(taskId, callbacks, onComplete, onError) {
    const given = typeof callbacks === 'object' && callbacks ? callbacks : { onProgress: callbacks, onComplete, onError };
    this.unsubscribe(taskId);
    const ended = (callback) => (argument) => {
      if (this.#ends.get(taskId) === end) this.#ends.delete(taskId);
      callback?.(argument);
    };
    const { onProgress, onConnection } = given;
    const own = { onProgress, onConnection, onComplete: ended(given.onComplete), onError: ended(given.onError) };
    const end = subscribe(taskId, { ...this.#options, ...own });
    this.#ends.set(taskId, end);
  }

  unsubscribe(taskId) {
    this.#ends.get(taskId)?.();
    this.#ends.delete(taskId);
  }
}

/** One for the whole page. */
export const webhookManager = new WebhookManager();

class Channel {
  constructor(taskId, url, taskUrl) {
    this.taskId = taskId;
    this.url = url;
    this.taskUrl = taskUrl;
    this.subscribers = new Set();
    /** How the task is, for who comes later. */
    this.message = undefined;
    this.lastEventId = '';
    this.failures = 0;
    this.timer = undefined;
    this.isClosed = false;
    this.isLost = false;
    this.hasBeenOpen = false;
    this.open();
  }

  add(callbacks) {
    const subscriber = { callbacks, heard: undefined };
    this.subscribers.add(subscriber);
    // Not before subscribe() has returned.
    if (this.message) queueMicrotask(() => this.tell(subscriber));
    if (this.isLost) queueMicrotask(() => this.isLost && this.subscribers.has(subscriber) && call(callbacks.onConnection, LOST));
    return () => {
      this.subscribers.delete(subscriber);
      if (this.subscribers.size === 0) this.close();
    };
  }

  open() {
    const query = this.lastEventId ? `?last_event_id=${encodeURIComponent(this.lastEventId)}` : '';
    const source = new EventSource(this.url + query);
    this.source = source;
    source.onopen = () => {
      this.hasBeenOpen = true;
      this.connection(true);
    };
    source.onmessage = (event) => {
      this.failures = 0;
      if (event.lastEventId) this.lastEventId = event.lastEventId;
      this.hear(JSON.parse(event.data));
    };
    // While it is CONNECTING the browser comes back by itself, and says which event was the last.
    source.onerror = () => {
      // A first answer that was no stream may be a refusal, which is no loss.
      if (this.hasBeenOpen || source.readyState !== EventSource.CLOSED) this.connection(false);
      if (source.readyState === EventSource.CLOSED && !this.isClosed) this.comeBack();
    };
  }

  /** Each loss and each return once. The first connection is neither. */
  connection(isConnected) {
    if (this.isClosed || this.isLost !== isConnected) return;
    this.isLost = !isConnected;
    for (const subscriber of [...this.subscribers]) {
      if (this.subscribers.has(subscriber)) call(subscriber.callbacks.onConnection, isConnected ? REGAINED : LOST);
    }
  }

  hear(message) {
    this.message = message;
    for (const subscriber of [...this.subscribers]) this.tell(subscriber);
    if (message.status !== 'in-progress') this.close();
  }

  /** Each message once to each subscriber; a mistake in one callback is not the next one's. */
  tell(subscriber) {
    const { message } = this;
    if (subscriber.heard === message || !this.subscribers.has(subscriber)) return;
    subscriber.heard = message;
    const { onProgress, onComplete, onError } = subscriber.callbacks;
    if (message.status === 'in-progress') call(onProgress, message);
    else if (message.status === 'completed') call(onComplete, message);
    else call(onError, { kind: message.status === 'cancelled' ? 'cancelled' : 'task', ...message.error, task: message });
  }

  /** The browser does not come back by itself after an answer that was no stream. Which one, only a request tells. */
  async comeBack() {
    const wait = Math.min(FIRST_WAIT_MS * 2 ** this.failures, LONGEST_WAIT_MS);
    this.failures += 1;
    const refusal = await refused(this.taskUrl);
    if (this.isClosed) return;
    if (refusal) {
      const error = { kind: 'connection', ...refusal };
      const told = [...this.subscribers];
      this.close();
      for (const { callbacks } of told) call(callbacks.onError, error);
      return;
    }
    this.connection(false);
    // Not all pages at the same moment.
    this.timer = setTimeout(() => this.open(), wait * (1 - Math.random() / 2));
  }

  close() {
    this.isClosed = true;
    this.source.close();
    clearTimeout(this.timer);
    if (channels.get(this.url) === this) channels.delete(this.url);
    this.subscribers.clear();
  }
}

function call(callback, argument) {
  try {
    callback?.(argument);
  } catch (error) {
    reportError(error);
  }
}

/** Why it is no use to come back, in Darkroom's words (RFC 9457). Nothing when it may be. */
async function refused(taskUrl) {
  try {
    const response = await fetch(taskUrl, { headers: { accept: 'application/json' }, signal: AbortSignal.timeout(LONGEST_WAIT_MS) });
    if (!isFinal(response.status)) return undefined;
    const problem = await response.json().catch(() => ({}));
    const message = problem.detail ?? `Darkroom answered with ${response.status}.`;
    return { message, details: problem.title ?? '', status: response.status };
  } catch {
    return undefined;
  }
}
