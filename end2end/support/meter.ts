// What a page costs, by the browser's own counters.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { CDPSession, Page } from '@playwright/test';

/** A task of the main thread that is longer is felt. */
const LONG_MS = 50;

export type Figures = {
  seconds: number;
  frames: number;
  framesPerSecond: number;
  /** The frame that the slowest hundredth came later than, in milliseconds after the one before. */
  p99FrameMs: number;
  /** Tasks of the main thread over 50 ms, whatever they did, in milliseconds. */
  longTasks: number[];
  /** Frames in which scripts, style and layout together took over 50 ms, in milliseconds. */
  longScripts: number[];
  /**
   * The longest that this process, which only waited, was kept from running, in milliseconds. Over some ten, other work had the machine,
   * and what the clock on the wall says of the page is no measure of the page.
   */
  starvedMs: number;
  /** Times of the main thread in milliseconds a second: all of it, scripts, layout and style. The clock is that of the thread, so other processes do not count. */
  busy: { all: number; scripts: number; layout: number; style: number };
};

/** Call it before the page is opened. */
export async function installMeter(page: Page) {
  await page.addInitScript((longMs) => {
    const meter = { frames: [] as number[], longTasks: [] as number[], longScripts: [] as number[], running: false };
    const frame = (at: number) => {
      if (!meter.running) return;
      meter.frames.push(at);
      requestAnimationFrame(frame);
    };
    const memories: WebAssembly.Memory[] = [];
    const seen = (result: WebAssembly.WebAssemblyInstantiatedSource) => {
      const { memory } = result.instance.exports;
      if (memory instanceof WebAssembly.Memory) memories.push(memory);
      return result;
    };
    const { instantiateStreaming } = WebAssembly;
    WebAssembly.instantiateStreaming = async (...all) => seen(await instantiateStreaming(...all));
    Object.assign(window, {
      meter,
      wasmBytes: () => memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0),
      beginMeter: () => {
        Object.assign(meter, { frames: [], longTasks: [], longScripts: [], running: true });
        requestAnimationFrame(frame);
      },
      endMeter: () => {
        meter.running = false;
        return meter;
      },
    });
    new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => meter.longTasks.push(duration))).observe({ type: 'longtask' });
    type Long = PerformanceEntry & { renderStart: number; styleAndLayoutStart: number; scripts: PerformanceEntry[] };
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as Long[]) {
        const layout = entry.styleAndLayoutStart > 0 ? entry.startTime + entry.duration - entry.styleAndLayoutStart : 0;
        const ours = entry.scripts.reduce((sum, script) => sum + script.duration, layout);
        if (ours > longMs) meter.longScripts.push(ours);
      }
    }).observe({ type: 'long-animation-frame' });
  }, LONG_MS);
}

/** Measures while `during` goes on. Ask the page nothing meanwhile: that would be measured too. */
export async function measure(page: Page, during: () => Promise<unknown>): Promise<Figures> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.evaluate(() => (window as unknown as { beginMeter: () => void }).beginMeter());
  const before = await counters(session);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const began = performance.now();
  await during();
  delay.disable();
  const after = await counters(session);
  const seconds = (performance.now() - began) / 1000;
  type Meter = { frames: number[]; longTasks: number[]; longScripts: number[] };
  const { frames, longTasks, longScripts } = await page.evaluate(() => (window as unknown as { endMeter: () => Meter }).endMeter());
  await session.detach();
  const gaps = frames.slice(1).map((at, index) => at - frames[index]);
  const spent = (name: string) => Math.round(((after[name] - before[name]) * 1000) / seconds);
  return {
    seconds,
    frames: frames.length,
    framesPerSecond: (1000 * (frames.length - 1)) / ((frames.at(-1) ?? 0) - frames[0]),
    p99FrameMs: gaps.sort((a, b) => a - b)[Math.floor(gaps.length * 0.99)],
    longTasks,
    longScripts,
    starvedMs: delay.max / 1e6,
    busy: { all: spent('TaskDuration'), scripts: spent('ScriptDuration'), layout: spent('LayoutDuration'), style: spent('RecalcStyleDuration') },
  };
}

/** One line for the reader of the test's output. */
export function line(name: string, { framesPerSecond, p99FrameMs, longTasks, longScripts, starvedMs, busy }: Figures): string {
  const rounded = (all: number[]) => `${all.length}${all.length > 0 ? ` (${all.map(Math.round).join(', ')} ms)` : ''}`;
  return (
    `${name}: ${framesPerSecond.toFixed(1)} frames/s, p99 ${p99FrameMs.toFixed(1)} ms, long tasks ${rounded(longTasks)}, of ours ${rounded(longScripts)}; ` +
    `main thread ${busy.all} ms/s (scripts ${busy.scripts}, layout ${busy.layout}, style ${busy.style}); the machine was away for up to ${starvedMs.toFixed(0)} ms`
  );
}

/** Bytes of JavaScript objects that are still needed, and of WebAssembly's memory. */
export async function memory(page: Page): Promise<{ heap: number; wasm: number; nodes: number; listeners: number }> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  // Finalizers free what only JavaScript held, which lets go of more.
  for (let round = 0; round < 3; round += 1) await session.send('HeapProfiler.collectGarbage');
  const counted = await counters(session);
  await session.detach();
  const wasm = await page.evaluate(() => (window as unknown as { wasmBytes: () => number }).wasmBytes());
  return { heap: counted.JSHeapUsedSize, wasm, nodes: counted.Nodes, listeners: counted.JSEventListeners };
}

async function counters(session: CDPSession): Promise<Record<string, number>> {
  const { metrics } = await session.send('Performance.getMetrics');
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}
