//! The workflow of an edit, in API format. The source is loaded as it is and never coded anew; the masks are pictures apart; and where only a part
//! may change, ImageCompositeMasked comes last, so that everything else keeps its pixels: the VAE alone would shift their colours.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::{
    alpha,
    masks::wants_soft,
    model::{Edit, EditRun, InpaintMethod, Outpaint, Upscale, UpscaleHow},
    picture::PictureFile,
    plan::EditPlan,
    rect::{PixelRect, PixelSize},
    steps::Strength,
};
use crate::{
    comfy::{Catalog, Workflow},
    ids::NodeId,
    limits,
    recipe::TextToImage,
};

/// The files that an edit loads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditFiles {
    pub source: PictureFile,
    /// Where the model may paint, and what is taken over: [`EditMasks`](super::EditMasks). `None` where no mask is used.
    pub masks: Option<(PictureFile, PictureFile)>,
    /// How transparent the result is: [`transparency`](super::transparency). `None`: not at all.
    pub transparency: Option<PictureFile>,
}

/// Whether the sampler gets a mask with soft edges. `has`: whether there is this node class.
#[must_use]
pub fn is_soft(edit: &Edit, has: impl Fn(&str) -> bool) -> bool {
    edit.method().is_some_and(wants_soft) && has(DIFFERENTIAL)
}

/// Whether the transparency of the source is put back.
#[must_use]
pub fn has_alpha(edit: &Edit, has: impl Fn(&str) -> bool) -> bool {
    edit.method().is_some() && alpha::CLASSES.iter().all(|class| has(class))
}

/// What is done in another way because node classes are missing, for people. `is_transparent`: the source is, in places.
#[must_use]
pub fn fallbacks(edit: &Edit, is_transparent: bool, has: impl Fn(&str) -> bool) -> Vec<String> {
    let mut notes = Vec::new();
    if edit.method().is_some_and(wants_soft) && !has(DIFFERENTIAL) {
        notes.push(format!("No ComfyUI has the node class {DIFFERENTIAL}: the model paints with a hard edge instead of a soft one."));
    }
    if let Some(class) = alpha::CLASSES.iter().find(|class| !has(class))
        && edit.method().is_some()
        && is_transparent
    {
        notes.push(format!("No ComfyUI has the node class {class}: the result is opaque where the picture is transparent."));
    }
    notes
}

const DIFFERENTIAL: &str = "DifferentialDiffusion";
const TILED: [&str; 2] = ["VAEEncodeTiled", "VAEDecodeTiled"];
/// How pictures are scaled to the size that the model works at, and back.
const SCALING: &str = "lanczos";

/// Of the classes that cannot be done without, none is looked for here: where the workflow is sent it is compared with those that are there.
#[must_use]
pub fn workflow(run: &EditRun, plan: &EditPlan, files: &EditFiles, has: impl Fn(&str) -> bool) -> Workflow {
    let mut graph = EditGraph { run, plan, nodes: IndexMap::new(), has: &has };
    let source = graph.add("10", "LoadImage", "Picture", json!({"image": files.source.input()}));
    let result = match (&run.edit, &files.masks) {
        (Edit::Redraw { strength }, _) => {
            let pixels = graph.scaled(source, plan.canvas, plan.result);
            let latent = graph.encoded(pixels);
            let prompts = graph.prompts();
            graph.sampled(latent, *strength, prompts, graph.model())
        }
        (Edit::Upscale(upscale), _) => graph.upscaled(source, upscale),
        (Edit::Inpaint(inpaint), Some(masks)) => graph.repainted(source, masks, inpaint.method, inpaint.strength),
        (Edit::Outpaint(outpaint), Some(masks)) => {
            let padded = graph.padded(source, outpaint);
            graph.repainted(padded, masks, outpaint.method, outpaint.strength)
        }
        // Without its mask nothing may change.
        (Edit::Inpaint(_) | Edit::Outpaint(_), None) => source,
    };
    let result = match &files.transparency {
        Some(transparency) => graph.transparent(result, transparency),
        None => result,
    };
    graph.add("9", "SaveImage", "Save image", json!({"filename_prefix": "darkroom", "images": result}));
    graph.finish()
}

/// With choices in the type in which ComfyUI lists them: see [`TextToImage::workflow_for`].
#[must_use]
pub fn typed_for(mut workflow: Workflow, catalog: &Catalog) -> Workflow {
    for (node, input) in [("3", "sampler_name"), ("3", "scheduler"), ("4", "ckpt_name"), ("25", "model_name")] {
        let Some(node) = workflow.0.get_mut(node) else { continue };
        let text = node.input(input).and_then(Value::as_str);
        if let Some(value) = text.and_then(|text| catalog.typed_choice(node.class_type(), input, text)).cloned() {
            node.set_input(input, value);
        }
    }
    workflow
}

/// The nodes so far. Ids of prompt, checkpoint and sampler as in the text-to-image workflow, so that ComfyUI's errors find their fields.
struct EditGraph<'a> {
    run: &'a EditRun,
    plan: &'a EditPlan,
    nodes: IndexMap<String, Value>,
    has: &'a dyn Fn(&str) -> bool,
}

/// A link to an output: `["3", 0]`.
type OutputLink = Value;

fn output(node: &str, slot: u32) -> OutputLink {
    json!([node, slot])
}

impl EditGraph<'_> {
    /// Adds a node and gives its first output.
    fn add(&mut self, id: &str, class: &str, title: &str, inputs: Value) -> OutputLink {
        self.nodes.insert(id.to_owned(), json!({"class_type": class, "inputs": inputs, "_meta": {"title": title}}));
        output(id, 0)
    }

    fn finish(&mut self) -> Workflow {
        let nodes = std::mem::take(&mut self.nodes);
        let read = |(id, node): (String, Value)| Some((NodeId(id), serde_json::from_value(node).ok()?));
        Workflow(nodes.into_iter().filter_map(read).collect())
    }

    fn recipe(&self) -> &TextToImage {
        &self.run.recipe
    }

    fn checkpoint(&mut self, slot: u32) -> OutputLink {
        self.add("4", "CheckpointLoaderSimple", "Load checkpoint", json!({"ckpt_name": self.run.recipe.checkpoint}));
        output("4", slot)
    }

    /// The positive and the negative one.
    fn prompts(&mut self) -> (OutputLink, OutputLink) {
        let clip = self.checkpoint(1);
        let TextToImage { prompt, negative, .. } = &self.run.recipe;
        let positive = self.add("6", "CLIPTextEncode", "Prompt", json!({"text": prompt, "clip": clip}));
        let negative = self.add("7", "CLIPTextEncode", "Negative prompt", json!({"text": negative, "clip": clip}));
        (positive, negative)
    }

    /// The size at which the model works; elsewhere the whole picture.
    fn working(&self) -> PixelSize {
        self.plan.working.unwrap_or(self.plan.result)
    }

    fn scaled(&mut self, image: OutputLink, from: PixelSize, to: PixelSize) -> OutputLink {
        self.scaled_as("15", image, from, to, SCALING)
    }

    fn scaled_as(&mut self, id: &str, image: OutputLink, from: PixelSize, to: PixelSize, method: &str) -> OutputLink {
        if from == to {
            return image;
        }
        let inputs = json!({"image": image, "upscale_method": method, "width": to.width, "height": to.height, "crop": "disabled"});
        self.add(id, "ImageScale", "Scale", inputs)
    }

    /// A picture of the size that the model works at becomes a latent, once for each take.
    fn encoded(&mut self, pixels: OutputLink) -> OutputLink {
        let vae = self.checkpoint(2);
        let latent = if self.is_tiled() {
            self.add("16", TILED[0], "Encode", tiles(json!({"pixels": pixels, "vae": vae})))
        } else {
            self.add("16", "VAEEncode", "Encode", json!({"pixels": pixels, "vae": vae}))
        };
        self.repeated(latent)
    }

    fn repeated(&mut self, latent: OutputLink) -> OutputLink {
        let takes = self.recipe().batch;
        if takes <= 1 { latent } else { self.add("19", "RepeatLatentBatch", "Takes", json!({"samples": latent, "amount": takes})) }
    }

    /// Too large to be coded at once: the VAE needs far more memory for that than the sampler.
    fn is_tiled(&self) -> bool {
        self.working().pixels() > limits::EDIT_SAMPLED && TILED.iter().all(|class| (self.has)(class))
    }

    /// Samples, and gives the picture.
    fn sampled(
        &mut self,
        latent: OutputLink,
        strength: Strength,
        (positive, negative): (OutputLink, OutputLink),
        model: OutputLink,
    ) -> OutputLink {
        let TextToImage { steps, cfg, sampler, scheduler, seed, .. } = &self.run.recipe;
        // Validated before. Text that is not a number is sent unchanged, and ComfyUI refuses it.
        let cfg = cfg.trim().parse::<f64>().map_or_else(|_| json!(cfg), |cfg| json!(cfg));
        let mut inputs = json!({
            "steps": steps, "cfg": cfg, "sampler_name": sampler, "scheduler": scheduler,
            "model": model, "positive": positive, "negative": negative, "latent_image": latent,
        });
        let own = if strength.is_full() {
            json!({"seed": seed, "denoise": 1.0})
        } else {
            // With `denoise`, KSampler would run all steps, on a finer schedule. This runs the last ones of the schedule that was asked for.
            let first = steps.saturating_sub(self.plan.steps);
            json!({"noise_seed": seed, "add_noise": "enable", "start_at_step": first, "end_at_step": 10_000, "return_with_leftover_noise": "disable"})
        };
        if let (Value::Object(inputs), Value::Object(own)) = (&mut inputs, own) {
            inputs.extend(own);
        }
        let samples = self.add("3", if strength.is_full() { "KSampler" } else { "KSamplerAdvanced" }, "Sample", inputs);
        let vae = output("4", 2);
        if self.is_tiled() {
            self.add("8", TILED[1], "Decode", tiles(json!({"samples": samples, "vae": vae})))
        } else {
            self.add("8", "VAEDecode", "Decode", json!({"samples": samples, "vae": vae}))
        }
    }

    fn model(&self) -> OutputLink {
        output("4", 0)
    }

    /// A part of the canvas is painted new, and nothing else changes.
    fn repainted(
        &mut self,
        canvas: OutputLink,
        masks: &(PictureFile, PictureFile),
        method: InpaintMethod,
        strength: Strength,
    ) -> OutputLink {
        let (crop, whole) = (self.plan.crop, self.plan.canvas);
        let (noise, composite) = masks;
        let noise = self.add("11", "LoadImageMask", "Where the model paints", json!({"image": noise.input(), "channel": "red"}));
        let composite = self.add("12", "LoadImageMask", "What is taken over", json!({"image": composite.input(), "channel": "red"}));
        let (mut pixels, mut noise, mut composite) = (canvas.clone(), noise, composite);
        if crop != whole.whole() {
            let PixelRect { x, y, width, height } = crop;
            let rect = |name: &str, link: OutputLink| json!({name: link, "x": x, "y": y, "width": width, "height": height});
            pixels = self.add("13", "ImageCrop", "Part of the picture", rect("image", pixels));
            noise = self.add("14", "CropMask", "Part of the mask", rect("mask", noise));
            composite = self.add("21", "CropMask", "Part of the mask", rect("mask", composite));
        }
        let pixels = self.scaled(pixels, crop.size(), self.working());
        let decoded = self.painted(pixels, noise, method, strength);
        let fitting = self.scaled_as("20", decoded, self.working(), crop.size(), SCALING);
        // A picture that is composed with fewer copies of the canvas than it has takes would lose the others.
        let takes = self.recipe().batch;
        let canvas =
            if takes <= 1 { canvas } else { self.add("22", "RepeatImageBatch", "Copies", json!({"image": canvas, "amount": takes})) };
        let inputs = json!({
            "destination": canvas, "source": fitting, "x": crop.x, "y": crop.y, "resize_source": false, "mask": composite,
        });
        self.add("23", "ImageCompositeMasked", "Put into the picture", inputs)
    }

    /// The picture with its transparency, once for each take: JoinImageWithAlpha gives as many pictures as it gets masks.
    fn transparent(&mut self, image: OutputLink, transparency: &PictureFile) -> OutputLink {
        let PixelSize { width, height } = self.plan.canvas;
        let mask = self.add("27", "LoadImageMask", "Transparency", json!({"image": transparency.input(), "channel": "red"}));
        let small =
            self.add("28", "SolidMask", "Less than one level", json!({"value": alpha::SMALL_PART, "width": width, "height": height}));
        let inputs = json!({"destination": mask, "source": small, "x": 0, "y": 0, "operation": "subtract"});
        let mut mask = self.add("29", "MaskComposite", "So that no level is rounded off", inputs);
        let takes = self.recipe().batch;
        if takes > 1 {
            let picture = self.add("30", "MaskToImage", "Transparency", json!({"mask": mask}));
            let copies = self.add("31", "RepeatImageBatch", "Copies", json!({"image": picture, "amount": takes}));
            mask = self.add("32", "ImageToMask", "Transparency", json!({"image": copies, "channel": "red"}));
        }
        self.add("33", alpha::JOIN, "Put the transparency back", json!({"image": image, "alpha": mask}))
    }

    fn painted(&mut self, pixels: OutputLink, noise: OutputLink, method: InpaintMethod, strength: Strength) -> OutputLink {
        let (positive, negative) = self.prompts();
        let vae = output("4", 2);
        match method {
            InpaintMethod::Noise => {
                let latent = self.add("16", "VAEEncode", "Encode", json!({"pixels": pixels, "vae": vae}));
                let latent = self.add("17", "SetLatentNoiseMask", "Only under the mask", json!({"samples": latent, "mask": noise}));
                let latent = self.repeated(latent);
                let model = if (self.has)(DIFFERENTIAL) {
                    let model = self.model();
                    self.add("18", DIFFERENTIAL, "Soft masks", json!({"model": model}))
                } else {
                    self.model()
                };
                self.sampled(latent, strength, (positive, negative), model)
            }
            InpaintMethod::InpaintModel => {
                let inputs = json!({
                    "positive": positive, "negative": negative, "vae": vae, "pixels": pixels, "mask": noise, "noise_mask": true,
                });
                self.add("17", "InpaintModelConditioning", "Only under the mask", inputs);
                let latent = self.repeated(output("17", 2));
                self.sampled(latent, strength, (output("17", 0), output("17", 1)), self.model())
            }
            InpaintMethod::Erase => {
                let inputs = json!({"pixels": pixels, "vae": vae, "mask": noise, "grow_mask_by": 6});
                let latent = self.add("16", "VAEEncodeForInpaint", "Erase under the mask", inputs);
                let latent = self.repeated(latent);
                self.sampled(latent, Strength::FULL, (positive, negative), self.model())
            }
        }
    }

    /// ComfyUI fills the new part with grey. The mask is our own: this node's would take seconds.
    fn padded(&mut self, source: OutputLink, outpaint: &Outpaint) -> OutputLink {
        let Outpaint { left, top, right, bottom, .. } = outpaint;
        let inputs = json!({"image": source, "left": left, "top": top, "right": right, "bottom": bottom, "feathering": 0});
        self.add("24", "ImagePadForOutpaint", "Extend", inputs)
    }

    fn upscaled(&mut self, source: OutputLink, upscale: &Upscale) -> OutputLink {
        let (from, to) = (self.plan.canvas, self.plan.result);
        let by_model = |graph: &mut Self, name: &str| {
            let model = graph.add("25", "UpscaleModelLoader", "Load upscale model", json!({"model_name": name}));
            let image = graph.add("26", "ImageUpscaleWithModel", "Upscale", json!({"upscale_model": model, "image": source}));
            // By how much is up to the model: scaled in any case.
            let inputs = json!({"image": image, "upscale_method": SCALING, "width": to.width, "height": to.height, "crop": "disabled"});
            graph.add("15", "ImageScale", "Scale", inputs)
        };
        match &upscale.how {
            UpscaleHow::Resize { method } => self.scaled_as("15", source, from, to, method),
            UpscaleHow::Model { name } => by_model(self, name),
            UpscaleHow::ModelRedraw { name, strength } => {
                let pixels = match name {
                    Some(name) => by_model(self, name),
                    None => self.scaled(source, from, to),
                };
                let latent = self.encoded(pixels);
                let prompts = self.prompts();
                self.sampled(latent, *strength, prompts, self.model())
            }
        }
    }
}

/// The inputs of a tiled coder, with those that it shares with videos at their defaults.
fn tiles(mut inputs: Value) -> Value {
    if let Value::Object(inputs) = &mut inputs {
        for (name, value) in [("tile_size", 512), ("overlap", 64), ("temporal_size", 64), ("temporal_overlap", 8)] {
            inputs.insert(name.to_owned(), value.into());
        }
    }
    inputs
}
