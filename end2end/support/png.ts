// PNG files, made from their rows.

import { deflateSync, crc32 } from 'node:zlib';

/** Colour types of PNG. */
export const [GREY, RGB] = [0, 2];

/** A picture of one grey, with `texts` in it (tEXt) as programs write their settings. */
export function greyPng(width: number, height: number, grey: number, texts: Record<string, string> = {}): Buffer {
  return png(width, height, GREY, () => Buffer.alloc(width, grey), texts);
}

/** `row`: the bytes of the row at `y`, from the left. `texts`: by their keywords. */
export function png(
  width: number,
  height: number,
  colourType: number,
  row: (y: number) => Buffer,
  texts: Record<string, string> = {},
): Buffer {
  const chunk = (kind: string, data: Buffer) => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(data.length);
    const body = Buffer.concat([Buffer.from(kind), data]);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([head, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, colourType, 0, 0, 0], 8);
  // Each row begins with its filter: none.
  const rows = Array.from({ length: height }, (_, y) => Buffer.concat([Buffer.from([0]), row(y)]));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...Object.entries(texts).map(([keyword, text]) => chunk('tEXt', Buffer.from(`${keyword}\0${text}`, 'latin1'))),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
