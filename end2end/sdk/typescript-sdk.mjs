// The official TypeScript SDK (@comfyorg/sdk) against a Darkroom: COMFY_BASE_URL, and COMFY_API_KEY where it wants a token. SLOW_WORKFLOW: a file. The
// argument is the folder that the SDK is installed in.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { deflateSync } from "node:zlib";

const require = createRequire(`${process.argv[2]}/`);
const { Comfy } = await import(pathToFileURL(require.resolve("@comfyorg/sdk")).href);

const client = new Comfy(process.env.COMFY_API_KEY ? { apiKey: process.env.COMFY_API_KEY } : {});
const workflow = async (file) => JSON.parse(await readFile(file, "utf8"));
const says = (what) => console.log(`typescript: ${what}`);

const table = Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
});
const crc = (bytes) => (bytes.reduce((c, byte) => table[(c ^ byte) & 255] ^ (c >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;

/** A PNG of 8 × 8 pixels of one colour. */
function picture(colour) {
    const chunk = (tag, data) => {
        const body = Buffer.concat([Buffer.from(tag), data]);
        const ends = [Buffer.alloc(4), Buffer.alloc(4)];
        ends[0].writeUInt32BE(data.length);
        ends[1].writeUInt32BE(crc(body));
        return Buffer.concat([ends[0], body, ends[1]]);
    };
    const rows = Buffer.concat(Array.from({ length: 8 }, () => Buffer.concat([Buffer.from([0]), ...Array.from({ length: 8 }, () => colour)])));
    const head = Buffer.from([0, 0, 0, 8, 0, 0, 0, 8, 8, 2, 0, 0, 0]);
    const begin = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
    return Buffer.concat([begin, chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

const bytes = picture(randomBytes(3));
const asset = client.assets.fromBytes(bytes, { filename: "sdk-ts.png", contentType: "image/png" });
const first = await asset.commit();
assert.equal(asset.createdNew, true);
assert.equal(await client.assets.fromBytes(bytes, { filename: "sdk-ts.png", contentType: "image/png" }).commit(), first);
says("a file is uploaded once");

const graph = await workflow(new URL("invert.json", import.meta.url));
const wf = client.workflows.fromJson(graph);
wf.setInput("1", "image", asset);
const job = await client.submit(wf);
const events = [];
for await (const event of job.events()) events.push(event);
says(`events: ${events.map((event) => event.type ?? event.constructor.name).join(", ")}`);
await job.wait(60_000);
assert.equal(job.status, "succeeded");
const [output] = job.getOutputs("3");
const content = await fetch(`${process.env.COMFY_BASE_URL}/api/v2/assets/${output.id}/content`, {
    headers: process.env.COMFY_API_KEY ? { authorization: `Bearer ${process.env.COMFY_API_KEY}` } : {},
});
assert.equal(Buffer.from(await content.arrayBuffer()).subarray(1, 4).toString(), "PNG");
assert.equal(typeof (await job.getWorkflow()).workflow["1"].inputs.image, "string");
says("the output is fetched");

assert.equal((await job.cancel()).status, "succeeded");
const running = await client.submit(client.workflows.fromJson(await workflow(process.env.SLOW_WORKFLOW)));
await running.cancel();
await running.wait(60_000);
assert.equal(running.status, "canceled");
says("cancelled");

await assert.rejects(client.jobs.get("00000000-0000-0000-0000-000000000000"), { name: "NotFound" });
await assert.rejects(client.submit(client.workflows.fromJson({ 1: { class_type: "NoSuchClass", inputs: {} } })), { name: "InvalidWorkflow" });
await client.assets.delete(first);
await assert.rejects(client.assets.get(first), { name: "NotFound" });
says("errors as the SDK knows them");
