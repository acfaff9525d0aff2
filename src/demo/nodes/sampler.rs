//! KSampler: step by step from noise to an image chosen by the prompt, the seed and the checkpoint.

use image::{DynamicImage, GrayImage, RgbImage, imageops::FilterType};
use paint::{Wish, picture};
use rand::{Rng, SeedableRng, rngs::SmallRng};

use super::{call::Call, data::Latent, failure::Failure, output::NodeOutput};
use crate::frame::Encoding;

/// Seconds a step takes at 512×512 and speed 1: 20 steps in 12 s.
const STEP: f64 = 0.6;
/// The longest side of the images that previews are mixed from, in pixels.
const SKETCH: u32 = 256;

/// The parameters both classes share.
struct Job {
    seed: u64,
    cfg: f64,
    /// The steps of the schedule that this node runs.
    first: u64,
    last: u64,
    steps: u64,
    /// The share of the latent that is replaced: 1 is all.
    denoise: f64,
}

pub(super) fn simple(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let steps = call.int("steps")?;
    let job = Job { seed: call.int("seed")?, cfg: call.float("cfg")?, first: 0, last: steps, steps, denoise: call.float("denoise")? };
    sample(call, &job)
}

pub(super) fn advanced(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let steps = call.int("steps")?;
    let last = call.int("end_at_step")?.min(steps);
    let first = call.int("start_at_step")?.min(last);
    let job = Job {
        seed: call.int("noise_seed")?,
        cfg: call.float("cfg")?,
        first,
        last,
        steps,
        denoise: (steps - first) as f64 / steps.max(1) as f64,
    };
    sample(call, &job)
}

fn sample(call: &mut Call<'_, '_>, job: &Job) -> Result<NodeOutput, Failure> {
    let latent = call.latent("latent_image")?;
    let (model, positive, negative) = (call.model("model")?, call.conditioning("positive")?, call.conditioning("negative")?);
    let (width, height) = latent.size();
    let wish = |index: usize| Wish {
        prompt: &positive,
        negative: &negative,
        seed: job.seed.wrapping_add(index as u64),
        cfg: job.cfg,
        checkpoint: &model,
    };
    let pictures: Vec<RgbImage> = latent
        .pictures
        .iter()
        .enumerate()
        .map(|(index, start)| {
            let painted = paint::paint(&wish(index), width, height);
            settle(&latent, start, painted, job.denoise)
        })
        .collect();
    let sketch = Sketch::new(&latent, &pictures, job);
    let pixels = f64::from(width) * f64::from(height);
    let seconds = STEP * (pixels / (512.0 * 512.0)).clamp(0.1, 3.0);
    let count = job.last - job.first;
    for step in 0..count {
        call.wait(seconds)?;
        let shown = call.run.previews.then(|| sketch.at(job.first + step + 1, job)).flatten();
        let shown = shown.map(|jpeg| (Encoding::Jpeg, jpeg));
        call.tick((step + 1).into(), count.into(), shown)?;
    }
    Ok(Latent { pictures, noise_mask: latent.noise_mask.clone(), blank: false }.into())
}

/// The sampled image: all new, blended with the start, or new under the mask only.
fn settle(latent: &Latent, start: &RgbImage, painted: RgbImage, denoise: f64) -> RgbImage {
    let share = if latent.blank { 1.0 } else { denoise.clamp(0.0, 1.0) };
    let (width, height) = start.dimensions();
    let mask = latent
        .noise_mask
        .as_ref()
        .map(|mask| DynamicImage::from(mask.clone()).resize_exact(width, height, FilterType::Triangle).into_luma8());
    if mask.is_none() && share >= 1.0 {
        return painted;
    }
    let mask = mask.unwrap_or_else(|| GrayImage::from_pixel(width, height, image::Luma([255])));
    let mut result = start.clone();
    for ((old, new), mask) in result.pixels_mut().zip(painted.pixels()).zip(mask.pixels()) {
        let share = (f64::from(mask.0[0]) * share) as u32;
        for (old, new) in old.0.iter_mut().zip(new.0) {
            let mixed = u32::from(*old) * (255 - share) + u32::from(new) * share;
            *old = u8::try_from(mixed / 255).unwrap_or(u8::MAX);
        }
    }
    result
}

/// The transition from noise to image, small enough for a preview at each step.
struct Sketch {
    /// The image at each level of detail, coarse to fine.
    levels: Vec<RgbImage>,
    noise: RgbImage,
    /// The share of noise at the start: 1 is all.
    denoise: f64,
}

impl Sketch {
    fn new(latent: &Latent, pictures: &[RgbImage], job: &Job) -> Self {
        // Previews show the first image of a batch, like ComfyUI.
        let picture = pictures.first().cloned().unwrap_or_default();
        let small = DynamicImage::from(picture).resize(SKETCH, SKETCH, FilterType::Triangle).into_rgb8();
        let (width, height) = small.dimensions();
        let levels = [12, 24, 48, 96, SKETCH].map(|side| {
            let coarse = DynamicImage::from(small.clone()).resize(side, side, FilterType::Triangle);
            coarse.resize_exact(width, height, FilterType::CatmullRom).into_rgb8()
        });
        let mut random = SmallRng::seed_from_u64(job.seed);
        let cell = |side: u32| (side / 4).max(1);
        let cells = RgbImage::from_fn(cell(width), cell(height), |_, _| {
            // Noise around gray, slightly coloured: like a latent shown as RGB.
            image::Rgb(std::array::from_fn(|_| random.random_range(60..=195)))
        });
        Self {
            levels: levels.into(),
            noise: picture::resize(&cells, width, height, FilterType::CatmullRom),
            denoise: if latent.blank { 1.0 } else { job.denoise },
        }
    }

    /// The preview after `step` steps.
    fn at(&self, step: u64, job: &Job) -> Option<Vec<u8>> {
        let done = step as f64 / job.steps.max(1) as f64;
        // Sampling settles large shapes early; a start image is visible from the beginning.
        let clear = (1.0 - self.denoise * (1.0 - done)).clamp(0.0, 1.0);
        let level = clear.powf(0.8) * (self.levels.len() - 1) as f64;
        let (lower, rest) = (level.floor() as usize, level.fract());
        let upper = (lower + 1).min(self.levels.len() - 1);
        let noise = 0.92 * (1.0 - clear).powf(1.3);
        // In 256ths: integers are fast in development builds too.
        let noise_share = (noise * 256.0) as i32;
        let upper_share = (rest * 256.0) as i32;
        let mut mixed = self.levels[lower].clone();
        let values = mixed.iter_mut().zip(self.levels[upper].iter()).zip(self.noise.iter());
        for ((value, finer), noise) in values {
            let coarse = i32::from(*value);
            let shape = coarse + (i32::from(*finer) - coarse) * upper_share / 256;
            let blended = shape + (i32::from(*noise) - shape) * noise_share / 256;
            *value = u8::try_from(blended.clamp(0, 255)).unwrap_or(u8::MAX);
        }
        picture::preview_jpeg(&mixed)
    }
}
