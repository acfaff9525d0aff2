// Workflow files, good and bad, and pictures for them.

import { randomBytes } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';

type ApiWorkflow = Record<string, { class_type: string; inputs: Record<string, unknown>; _meta?: { title: string } }>;

/** Paints one plain picture. */
export const PLAIN_PICTURE: ApiWorkflow = {
  1: { class_type: 'EmptyImage', inputs: { width: 64, height: 64, batch_size: 1, color: 0x88aacc }, _meta: { title: 'Plain sheet' } },
  2: { class_type: 'ImageInvert', inputs: { image: ['1', 0] } },
  3: { class_type: 'SaveImage', inputs: { filename_prefix: 'plain', images: ['2', 0] } },
};

/** ComfyUI takes it, and then the first node cannot do it: the demo engine paints at most 4096 pixels a side. */
export const FAILS_WHEN_RUN: ApiWorkflow = {
  ...PLAIN_PICTURE,
  1: { class_type: 'EmptyImage', inputs: { width: 8192, height: 64, batch_size: 1, color: 0 }, _meta: { title: 'Far too wide' } },
};

export const UNKNOWN_NODE: ApiWorkflow = {
  ...PLAIN_PICTURE,
  2: { class_type: 'DreamWeaver', inputs: { image: ['1', 0] } },
};

export const MISSING_MODEL: ApiWorkflow = {
  11: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'gone.safetensors' }, _meta: { title: 'Old favourite' } },
  12: { class_type: 'EmptyLatentImage', inputs: { width: 64, height: 64, batch_size: 1 } },
  13: { class_type: 'VAEDecode', inputs: { samples: ['12', 0], vae: ['11', 2] } },
  14: { class_type: 'SaveImage', inputs: { filename_prefix: 'missing', images: ['13', 0] } },
};

/** What ComfyUI's editor saves without "(API)". */
export const EDITOR_FORMAT = { last_node_id: 1, last_link_id: 0, nodes: [{ id: 1, type: 'EmptyImage' }], links: [], version: 0.4 };

/** As the file chooser takes it. */
export function file(name: string, content: unknown) {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return { name, mimeType: 'application/json', buffer: Buffer.from(text) };
}

/** A PNG of grey noise, which cannot be made smaller: as many bytes as pixels. */
export function noise(side: number): Buffer {
  const rows = Buffer.concat(Array.from({ length: side }, () => Buffer.concat([Buffer.of(0), randomBytes(side)])));
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  // 8 bits a pixel, grey.
  header[8] = 8;
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(kind: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
