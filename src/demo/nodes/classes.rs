//! The function that implements each class.

use super::{
    call::Call, data::Data, failure::Failure, images, latents, loaders, masks, media, output::NodeOutput, outputs, sampler, testing,
};

/// Asynchronous classes are preferred when several nodes are ready. (They still run one at a time.)
pub(crate) fn is_async(class: &str) -> bool {
    class == "TestSleep"
}

/// Runs a node of that class.
///
/// # Errors
/// The exception of the class, or the prompt's interrupt.
pub(crate) fn call(class: &str, call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    match class {
        "CheckpointLoaderSimple" => loaders::checkpoint(call),
        "CLIPTextEncode" => loaders::text_encode(call),
        "LoadImage" => loaders::image(call),
        "LoadImageMask" => loaders::mask(call),
        "LoadAudio" => media::load(call, "audio"),
        "LoadVideo" => media::load(call, "file"),
        "PrimitiveStringMultiline" => Ok(Data::Json(call.json("value")?.clone()).into()),
        "EmptyLatentImage" => latents::empty(call),
        "LatentUpscale" => latents::upscale(call),
        "SetLatentNoiseMask" => latents::set_noise_mask(call),
        "VAEDecode" | "VAEDecodeTiled" => latents::decode(call),
        "RepeatLatentBatch" => latents::repeat(call),
        "InpaintModelConditioning" => latents::inpaint_model_conditioning(call),
        "VAEEncode" | "VAEEncodeTiled" => latents::encode(call),
        "VAEEncodeForInpaint" => latents::encode_for_inpaint(call),
        "KSampler" => sampler::simple(call),
        "KSamplerAdvanced" => sampler::advanced(call),
        "EmptyImage" => images::empty(call),
        "ImageInvert" => images::invert(call),
        "ImageBlend" => images::blend(call),
        "ImageBlur" => images::blur(call),
        "ImageScale" => images::scale(call),
        "ImageScaleBy" => images::scale_by(call),
        "UpscaleModelLoader" => loaders::upscale_model(call),
        "ImageUpscaleWithModel" => images::upscale_with_model(call),
        "LoraLoader" => loaders::lora(call, true),
        "LoraLoaderModelOnly" => loaders::lora(call, false),
        "DifferentialDiffusion" => loaders::differential_diffusion(call),
        "ImageCompositeMasked" => masks::composite(call),
        "ImageCrop" => masks::crop_image(call),
        "ImagePadForOutpaint" => masks::pad(call),
        "ImageToMask" => masks::of_image(call),
        "JoinImageWithAlpha" => masks::join_alpha(call),
        "MaskComposite" => masks::combine(call),
        "RepeatImageBatch" => masks::repeat_images(call),
        "CropMask" => masks::crop_mask(call),
        "GrowMask" => masks::grow(call),
        "InvertMask" => masks::invert(call),
        "MaskToImage" => masks::to_image(call),
        "SolidMask" => masks::solid(call),
        "ThresholdMask" => masks::threshold(call),
        "SaveImage" => outputs::save(call),
        "PreviewImage" => outputs::preview(call),
        "MaskPreview" => outputs::preview_mask(call),
        "PreviewAny" => outputs::preview_any(call),
        "SaveAudio" => media::save_audio(call),
        "SaveVideo" => media::save_video(call),
        "SaveImageWebsocket" => outputs::save_websocket(call),
        other => testing::call(other, call),
    }
}
