//! The curve of intensity over the beats of a story. Pure.

/// The width of a beat in the curve, which is drawn as wide as the lane, and the height of the curve, in pixels.
pub(super) const BEAT_WIDTH: usize = 168;
pub(super) const CURVE_HEIGHT: usize = 120;
const MARGIN: f64 = 14.0;

/// Where a beat of this intensity (−1 to 1) is: the middle of the `nth` beat of the lane.
pub(super) fn point(nth: usize, intensity: f64) -> (f64, f64) {
    let x = (nth as f64 + 0.5) * BEAT_WIDTH as f64;
    let half = CURVE_HEIGHT as f64 / 2.0;
    (x, half - intensity.clamp(-1.0, 1.0) * (half - MARGIN))
}

/// A smooth line through all beats: the path of an SVG. It rises and falls only between a beat and its neighbour.
pub(super) fn path(intensities: &[f64]) -> String {
    let mut path = String::new();
    let mut before = None;
    for (nth, intensity) in intensities.iter().enumerate() {
        let (x, y) = point(nth, *intensity);
        match before {
            None => path.push_str(&format!("M{x:.1} {y:.1}")),
            Some((from_x, from_y)) => {
                let middle: f64 = (from_x + x) / 2.0;
                path.push_str(&format!(" C{middle:.1} {from_y:.1} {middle:.1} {y:.1} {x:.1} {y:.1}"));
            }
        }
        before = Some((x, y));
    }
    path
}

/// "+0.5", "−1.0", "0".
pub(super) fn signed(intensity: f64) -> String {
    let tenths = (intensity * 10.0).round() / 10.0;
    if tenths > 0.0 {
        format!("+{tenths:.1}")
    } else if tenths < 0.0 {
        format!("\u{2212}{:.1}", -tenths)
    } else {
        "0".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_is_up_and_nothing_leaves_the_drawing() {
        let (_, up) = point(0, 1.0);
        let (_, down) = point(0, -1.0);
        assert!(up < down && up >= MARGIN - 0.01 && down <= CURVE_HEIGHT as f64 - MARGIN + 0.01);
        assert_eq!(point(0, 9.0), point(0, 1.0));
        assert_eq!(point(0, 0.0).1, CURVE_HEIGHT as f64 / 2.0);
        assert!(point(1, 0.0).0 - point(0, 0.0).0 == BEAT_WIDTH as f64);
    }

    #[test]
    fn the_line_goes_through_every_beat() {
        assert_eq!(path(&[]), "");
        assert_eq!(path(&[0.0]), "M84.0 60.0");
        assert_eq!(path(&[0.0, 1.0]), "M84.0 60.0 C168.0 60.0 168.0 14.0 252.0 14.0");
    }

    #[test]
    fn intensities_have_a_sign() {
        assert_eq!([0.5, -1.0, 0.04, -0.04].map(signed), ["+0.5", "\u{2212}1.0", "0", "0"]);
    }
}
