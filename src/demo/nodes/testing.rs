//! Classes of ComfyUI's own tests, those that recorded traffic uses and that are cheap.

use std::{sync::Arc, time::Instant};

use image::{GrayImage, Luma, Rgb, RgbImage};
use rand::{Rng, SeedableRng, rngs::SmallRng};
use serde_json::json;

use super::{
    call::Call,
    data::{Data, shape},
    failure::{Failure, raised},
    output::NodeOutput,
};

pub(super) fn call(class: &str, call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    match class {
        "StubImage" => stub_image(call),
        "StubConstantImage" => {
            let gray = gray(call)?;
            let picture = RgbImage::from_pixel(call.side("width")?, call.side("height")?, Rgb([gray; 3]));
            Ok(vec![picture; call.batch()?].into())
        }
        "StubMask" => {
            let mask = GrayImage::from_pixel(call.side("width")?, call.side("height")?, Luma([gray(call)?]));
            Ok(Data::Masks(Arc::new(vec![mask; call.batch()?])).into())
        }
        "TestSleep" => sleep(call),
        "TestSyncError" => Err(raised("RuntimeError", "Intentional sync execution error for testing")),
        "TestExecutionBlocker" => {
            let block = proto::comfy::is_truthy(call.json("block")?);
            let verbose = proto::comfy::is_truthy(call.json("verbose")?);
            let message = verbose.then(|| Arc::from("Blocked Execution"));
            let input = call.input("input")?.clone();
            Ok(if block { Data::Blocked(message) } else { input }.into())
        }
        "TestVariadicAverage" => average(call),
        other => Err(raised("NotImplementedError", format!("the demo engine cannot run {other}"))),
    }
}

fn gray(call: &Call<'_, '_>) -> Result<u8, Failure> {
    // In 0..=255, so the cast loses nothing.
    Ok((call.float("value")?.clamp(0.0, 1.0) * 255.0).round() as u8)
}

fn stub_image(call: &Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let (width, height) = (call.side("width")?, call.side("height")?);
    let content = call.text("content")?;
    let mut noise = SmallRng::seed_from_u64(0);
    let mut picture = || match content.as_str() {
        "WHITE" => RgbImage::from_pixel(width, height, Rgb([255; 3])),
        "NOISE" => RgbImage::from_fn(width, height, |_, _| Rgb(noise.random())),
        _ => RgbImage::new(width, height),
    };
    Ok((0..call.batch()?).map(|_| picture()).collect::<Vec<_>>().into())
}

/// Ticks every 10 ms, in seconds slept: floats (fact 15). Scaled by the engine's speed; ends at once when
/// that is infinite.
fn sleep(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    const TICK: f64 = 0.01;
    let value = call.input("value")?.clone();
    let seconds = call.float("seconds")?;
    let start = Instant::now();
    let mut slept = 0.0;
    while slept < seconds {
        let passed = start.elapsed().as_secs_f64() * call.run.engine.pace.speed();
        slept = passed.min(seconds);
        call.tick(json!(slept), json!(seconds), None)?;
        call.wait(TICK * call.run.engine.pace.speed().min(1.0))?;
    }
    Ok(value.into())
}

fn average(call: &Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let mut batches = Vec::new();
    for (_, value) in call.inputs {
        if let Data::Images(images) = value {
            batches.push(Arc::clone(images));
        }
    }
    let Some(first) = batches.first() else {
        return Err(raised("RuntimeError", "stack expects a non-empty TensorList"));
    };
    for (at, batch) in batches.iter().enumerate() {
        let (expected, found) = (shape(first), shape(batch));
        if found != expected {
            let message =
                format!("stack expects each tensor to be equal size, but got {expected:?} at entry 0 and {found:?} at entry {at}");
            return Err(raised("RuntimeError", message));
        }
    }
    let mut pictures = first.to_vec();
    for (at, picture) in pictures.iter_mut().enumerate() {
        for (index, value) in picture.iter_mut().enumerate() {
            let sum: usize = batches.iter().map(|batch| usize::from(batch[at].as_raw()[index])).sum();
            *value = u8::try_from(sum / batches.len()).unwrap_or(u8::MAX);
        }
    }
    Ok(pictures.into())
}
