//! Edits to test with.

use crate::{
    edit::{
        Edit, EditArea, EditFiles, EditRun, Inpaint, InpaintMethod, Outpaint, PictureFile, PictureFormat, PictureId, PixelRect, PixelSize,
        Strength, Upscale, UpscaleHow, UpscaleTo,
    },
    recipe::TextToImage,
};

pub fn id(digit: char) -> PictureId {
    digit.to_string().repeat(64).parse().unwrap()
}

pub fn files() -> EditFiles {
    let png = |digit| PictureFile::new(id(digit), PictureFormat::Png);
    EditFiles { source: PictureFile::new(id('a'), PictureFormat::Jpeg), masks: Some((png('c'), png('d'))), transparency: None }
}

pub fn run(edit: Edit) -> EditRun {
    let recipe = TextToImage { prompt: "a red door".into(), checkpoint: "sd.safetensors".into(), seed: u64::MAX, ..Default::default() };
    EditRun { recipe, source: id('a'), edit, parent: None }
}

pub fn inpaint() -> Inpaint {
    Inpaint {
        mask: id('b'),
        strength: Strength(600),
        grow: 4,
        feather: 6,
        area: EditArea::Masked { context: 32 },
        method: InpaintMethod::Noise,
    }
}

pub fn outpaint() -> Outpaint {
    Outpaint {
        left: 0,
        top: 0,
        right: 256,
        bottom: 0,
        feather: 40,
        strength: Strength::FULL,
        area: EditArea::Whole,
        method: InpaintMethod::Noise,
    }
}

pub fn upscale(how: UpscaleHow, to: UpscaleTo) -> EditRun {
    run(Edit::Upscale(Upscale { how, to }))
}

pub fn rect(x: u32, y: u32, width: u32, height: u32) -> PixelRect {
    PixelRect { x, y, width, height }
}

pub const PHOTO: PixelSize = PixelSize::new(1600, 1200);
