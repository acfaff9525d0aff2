/** What is told of a task. `id`s, times and names are as in Darkroom's API: see `/api/docs#schema-Message`. */
export type Message = ProgressMessage | CompletedMessage | FailedMessage;

export interface Progress {
  /** Of the whole task, 0 to 100. It is 100 only when the task is completed. */
  percentage: number;
  /** What is being done, in words; while it runs with three dots at the end. */
  currentStep: string;
  /** How far that step is, of `maxValue`. At the end: all steps of the last node that counted some, or 100 of 100. */
  currentValue: number;
  maxValue: number;
}

interface Told {
  taskId: string;
  progress: Progress;
  /** RFC 3339, in UTC, with milliseconds. Of the end: when it was. */
  timestamp: string;
}

/** It waits, or runs. */
export interface ProgressMessage extends Told {
  status: 'in-progress';
  /** While it waits: 1 is the next to run. */
  queuePosition?: number;
  /** Until its end, as far as that can be said. Milliseconds. */
  timeLeftMs?: number;
}

export interface CompletedMessage extends Told {
  status: 'completed';
  result: Result;
}

/** It failed, or was cancelled. */
export interface FailedMessage extends Told {
  status: 'error' | 'cancelled';
  error: Failure;
}

export interface Result {
  /** The first picture: a path on the site of Darkroom, with its base path if it has one. `null` when the workflow made none. */
  imageUrl: string | null;
  /** All pictures. */
  images: Output[];
  /** Everything that was put out. */
  outputs: Output[];
  /** `metadata.description` of the submission. */
  description: string | null;
  prompt: string | null;
  /** As text when it is above 2^53 − 1. */
  seed: number | string | null;
  name: string;
  /** `text-to-image`, or `custom`. */
  workflow: string;
  inpaint: boolean;
  /** `metadata.inpaintArea` of the submission. */
  inpaintArea: unknown;
  /** `metadata.uid` of the submission, or when the task was accepted, in milliseconds since 1970. */
  uid: unknown;
}

export interface Output {
  url: string;
  /** Its name at ComfyUI. `null` for a text. */
  filename: string | null;
  type: 'image' | 'video' | 'audio' | 'text' | 'file';
  node: string;
  /** It is gone when ComfyUI restarts. */
  temporary: boolean;
  text?: string;
}

export interface Failure {
  /** One sentence. */
  message: string;
  /** Where it happened and what was raised; empty when there is no more to say. */
  details: string;
  node?: string;
  class?: string;
  exception?: string;
  traceback?: string[];
  nodeErrors?: { node: string | null; title: string | null; input: string | null; message: string }[];
}

/** The task did not come to a result. */
export interface TaskError extends Failure {
  /** `task`: it failed. */
  kind: 'task' | 'cancelled';
  task: FailedMessage;
}

/** Nothing more will be heard of the task, however it does: there is none of this id, or it may not be followed. Where Darkroom only
 * cannot be reached, it is tried for ever. */
export interface ConnectionError {
  kind: 'connection';
  message: string;
  details: string;
  /** Of Darkroom's answer, such as 404. */
  status: number;
}

/** Of these, `onComplete` or `onError` is called once, and nothing after it. */
export interface Callbacks {
  /** The first call says how the task is now. */
  onProgress?(message: ProgressMessage): void;
  onComplete?(message: CompletedMessage): void;
  onError?(error: TaskError | ConnectionError): void;
  /** The connection to Darkroom was lost, or is back. The task goes on meanwhile, and what was missed is told after the return. */
  onConnection?(connection: { readonly isConnected: boolean }): void;
}

export interface Options {
  /** Where Darkroom is, such as `/darkroom` behind a proxy. By default: where the page comes from. */
  baseUrl?: string;
}

/**
 * Follows a task to its end. Lost connections are taken up where they broke. Several subscriptions of one task share one connection.
 *
 * @returns ends this subscription, and no other of the same task
 */
export function subscribe(taskId: string, options?: Callbacks & Options): () => void;

/** Ends all subscriptions of a task. None of their callbacks is called after this. */
export function unsubscribe(taskId: string): void;

/** The same as an object, each with its own subscriptions: of a task at most one, and a later one takes the place of the earlier. */
export class WebhookManager {
  constructor(options?: Options);
  subscribe(taskId: string, callbacks: Callbacks): void;
  subscribe(
    taskId: string,
    onProgress?: Callbacks['onProgress'],
    onComplete?: Callbacks['onComplete'],
    onError?: Callbacks['onError'],
  ): void;
  /** None of its callbacks is called after this. */
  unsubscribe(taskId: string): void;
}

/** One for the whole page. */
export const webhookManager: WebhookManager;
