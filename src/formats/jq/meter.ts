import type { JsonValue } from '../../core/json.ts';

/**
 * What one input may cost. Steps are turns of loops and calls of functions, ten million or so of them a second; bytes
 * are what was made, freed or not; depth is calls within calls, chosen for a thread's default stack of one MiB.
 */
export const STEPS_MOST = 4_000_000;
export const BYTES_MOST = 256 * 2 ** 20;
export const DEPTH_MOST = 500;

/**
 * The engine's own exceptions, thrown as plain objects because a stack trace costs more than a query. An error can be
 * caught by the query, a limit ends the run. A `break` is an error whose value is the label, and so in jq 1.6 it is for
 * the query too: the nearest `try` or `?` catches it first.
 */
export interface Raised {
  readonly is: 'error';
  readonly value: JsonValue;
}

export interface Exceeded {
  readonly is: 'limit';
  readonly message: string;
}

/** A run is synchronous, so that one meter serves all programs of a thread. */
let steps = 0;
let bytes = 0;
let depth = 0;
let labels = 0;

export function startMeter(): void {
  steps = 0;
  bytes = 0;
  depth = 0;
  labels = 0;
}

export function step(): void {
  if (++steps > STEPS_MOST) throw exceeded(`the query takes more than ${STEPS_MOST} steps`);
}

/** A label like no other of this run, as jq writes it. */
export function newLabel(): JsonValue {
  return { __jq: labels++ };
}

/** Counts so many steps at once, for work in a built-in function that grows with its input. */
export function stepBy(count: number): void {
  steps += count;
  if (steps > STEPS_MOST) throw exceeded(`the query takes more than ${STEPS_MOST} steps`);
}

/** Counts bytes before they are made. */
export function makes(count: number): void {
  bytes += count;
  if (bytes > BYTES_MOST) throw exceeded(`the query makes more than ${BYTES_MOST} bytes`);
}

/** What a slot of an array or an object takes. */
export const SLOT_BYTES = 8;

export function enter(): void {
  step();
  if (++depth > DEPTH_MOST) throw exceeded(tooDeep());
}

export function leave(): void {
  depth--;
}

/** What a `catch` restores, since an exception passes by every `leave`. */
export function depthNow(): number {
  return depth;
}

export function backToDepth(then: number): void {
  depth = then;
}

export function tooDeep(): string {
  return `the query or its input is nested deeper than ${DEPTH_MOST}`;
}

function exceeded(message: string): Exceeded {
  return { is: 'limit', message };
}

export function isRaised(thrown: unknown): thrown is Raised {
  return isOwn(thrown) && thrown.is === 'error';
}

export function isExceeded(thrown: unknown): thrown is Exceeded {
  return isOwn(thrown) && thrown.is === 'limit';
}

function isOwn(thrown: unknown): thrown is { readonly is: unknown } {
  return typeof thrown === 'object' && thrown !== null && 'is' in thrown && !(thrown instanceof Error);
}
