// Workflow files, good and bad.

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

/** What ComfyUI's editor saves without "(API)", with a node that no ComfyUI has. */
export const EDITOR_FORMAT = { last_node_id: 1, last_link_id: 0, nodes: [{ id: 1, type: 'DreamWeaver' }], links: [], version: 0.4 };

/** As the file chooser takes it. */
export function file(name: string, content: unknown) {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return { name, mimeType: 'application/json', buffer: Buffer.from(text) };
}

/** From text to a picture, with a part that can be switched off and a second result. */
export const WITH_A_FORM: ApiWorkflow = {
  3: {
    class_type: 'KSampler',
    inputs: {
      seed: 7, steps: 2, cfg: 7, sampler_name: 'euler', scheduler: 'normal', denoise: 1,
      model: ['4', 0], positive: ['6', 0], negative: ['7', 0], latent_image: ['5', 0],
    },
  },
  4: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'demo-safelight.safetensors' } },
  5: { class_type: 'EmptyLatentImage', inputs: { width: 64, height: 64, batch_size: 1 } },
  6: { class_type: 'CLIPTextEncode', inputs: { text: 'a heron', clip: ['4', 1] } },
  7: { class_type: 'CLIPTextEncode', inputs: { text: 'blurry', clip: ['4', 1] } },
  8: { class_type: 'VAEDecode', inputs: { samples: ['3', 0], vae: ['4', 2] } },
  9: { class_type: 'SaveImage', inputs: { filename_prefix: 'heron', images: ['8', 0] } },
  10: { class_type: 'ImageInvert', inputs: { image: ['8', 0] }, _meta: { title: 'Negative of it' } },
  11: { class_type: 'PreviewImage', inputs: { images: ['10', 0] } },
};

/** The same with two LoRAs between the model and what reads it. */
export const WITH_LORAS: ApiWorkflow = {
  ...WITH_A_FORM,
  3: { ...WITH_A_FORM[3], inputs: { ...WITH_A_FORM[3].inputs, model: ['21', 0] } },
  6: { ...WITH_A_FORM[6], inputs: { ...WITH_A_FORM[6].inputs, clip: ['21', 1] } },
  7: { ...WITH_A_FORM[7], inputs: { ...WITH_A_FORM[7].inputs, clip: ['21', 1] } },
  20: {
    class_type: 'LoraLoader',
    inputs: { lora_name: 'demo-grain.safetensors', strength_model: 0.8, strength_clip: 0.8, model: ['4', 0], clip: ['4', 1] },
  },
  21: {
    class_type: 'LoraLoader',
    inputs: { lora_name: 'demo-grain.safetensors', strength_model: 0.5, strength_clip: 0.25, model: ['20', 0], clip: ['20', 1] },
  },
};

/** A file of the editor whose author chose two inputs and one of two outputs for the App mode, and a third input that is gone. */
export const WITH_APP_MODE = {
  nodes: [
    { id: 1, type: 'EmptyImage', widgets_values: [64, 48, 1, 255], outputs: [{ name: 'IMAGE', type: 'IMAGE', links: [1, 2] }] },
    { id: 2, type: 'PreviewImage', inputs: [{ name: 'images', type: 'IMAGE', link: 1 }] },
    { id: 3, type: 'SaveImage', widgets_values: ['app'], inputs: [{ name: 'images', type: 'IMAGE', link: 2 }] },
  ],
  links: [[1, 1, 0, 2, 0, 'IMAGE'], [2, 1, 0, 3, 0, 'IMAGE']],
  version: 0.4,
  extra: { linearMode: true, linearData: { inputs: [['1', 'height'], ['1', 'width'], ['77', 'seed']], outputs: ['3'] } },
};

/** Needs a picture of its own. */
export const FROM_A_PICTURE: ApiWorkflow = {
  1: { class_type: 'LoadImage', inputs: { image: 'not-there.png' } },
  2: { class_type: 'ImageInvert', inputs: { image: ['1', 0] } },
  3: { class_type: 'SaveImage', inputs: { filename_prefix: 'inverted', images: ['2', 0] } },
};

type Inputs = Record<string, { class_type: string; inputs: Record<string, unknown> }>;

/** The workflow of the newest task, as it was sent. Seeds are texts: one may have more digits than a number of JavaScript. */
export async function sentWorkflow(darkroom: { url: string }): Promise<Inputs> {
  const { tasks } = await (await fetch(`${darkroom.url}/api/tasks?limit=1`)).json();
  const text = await (await fetch(`${darkroom.url}/api/tasks/${tasks[0].taskId}/workflow`)).text();
  return JSON.parse(text.replace(/("seed":)(\d+)/g, '$1"$2"'));
}
