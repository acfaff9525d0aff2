//! Paints a picture of what a prompt says: a sky, a land in layers, something to look at, weather, and film.
//!
//! Not a model, but it depends on the prompt: words choose the scene and its colours, the seed its composition. All is drawn in
//! thirds of a second even without optimisation, by computing soft things small and scaling them up.

mod canvas;
mod finish;
mod land;
mod noise;
mod palette;
pub mod picture;
mod scene;
mod shapes;
mod sky;
mod subjects;
mod water;
mod weather;
mod wish;

use image::RgbImage;

use canvas::Canvas;
use noise::Dice;
use palette::Palette;
use scene::{Ground, Scene};
pub use wish::Wish;

pub fn paint(wish: &Wish<'_>, width: u32, height: u32) -> RgbImage {
    let mut dice = Dice::new(wish.seed, wish.prompt);
    let scene = Scene::read(wish.prompt, wish.negative, &mut dice);
    let palette = Palette::new(&scene, wish.checkpoint, &mut dice);
    let mut canvas = Canvas::new(width, height);
    let light = sky::paint(&mut canvas, &scene, &palette, &mut dice);
    if scene.is_close() {
        subjects::backdrop(&mut canvas, &palette, &mut dice);
    } else {
        land::paint(&mut canvas, &scene, &palette, &light, &mut dice);
        if scene.stands_at_the_shore() {
            // Before the water, which mirrors it.
            subjects::paint(&mut canvas, &scene, &palette, &light, &mut dice);
        }
        if scene.water {
            water::paint(&mut canvas, &scene, &palette, &light, &mut dice);
        } else if scene.ground == Ground::City {
            land::street(&mut canvas, &palette, &mut dice);
        }
    }
    if !scene.stands_at_the_shore() {
        subjects::paint(&mut canvas, &scene, &palette, &light, &mut dice);
    }
    weather::paint(&mut canvas, &scene, &palette, &mut dice);
    finish::finish(&canvas, wish, &scene, &mut dice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(prompt: &str, seed: u64) -> Wish<'_> {
        Wish { prompt, negative: "", seed, cfg: 7.0, checkpoint: "demo-safelight.safetensors" }
    }

    #[test]
    fn the_same_prompt_gives_the_same_picture() {
        let first = paint(&wish("a lighthouse at dusk", 5), 64, 48);
        assert_eq!(first, paint(&wish("a lighthouse at dusk", 5), 64, 48));
        assert_ne!(first, paint(&wish("a lighthouse at dusk", 6), 64, 48));
        assert_ne!(first, paint(&wish("a city at noon", 5), 64, 48));
        assert_eq!(first.dimensions(), (64, 48));
    }

    #[test]
    fn any_size_and_any_text_gives_a_picture() {
        for (width, height) in [(1, 1), (8, 200), (200, 8)] {
            for prompt in ["", "🐈 猫", "rain fog snow city boat cat portrait flower house"] {
                assert_eq!(paint(&wish(prompt, 1), width, height).dimensions(), (width, height));
            }
        }
    }
}
