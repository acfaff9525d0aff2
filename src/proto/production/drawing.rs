//! What is drawn over a take: lines of a review note.

use serde::{Deserialize, Serialize};

use super::FieldProblem;
use crate::limits;

/// Full width and full height of the picture, in the units of [`DrawnLine`].
pub const DRAWING_SIZE: u16 = 10_000;

/// A line that a person drew over the picture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DrawnLine {
    pub color: DrawnColor,
    /// Points from left and top, in ten-thousandths of the width and the height of the picture: 0 to 10000 each. One point is a dot.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Vec<u16>>))]
    pub points: Vec<[u16; 2]>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum DrawnColor {
    #[default]
    Red,
    Yellow,
    Blue,
}

/// # Errors
/// There are too many lines or points, or a point is outside of the picture.
pub fn check_drawing(lines: &[DrawnLine]) -> Result<(), FieldProblem> {
    if lines.len() > limits::DRAWN_LINES {
        return Err(FieldProblem::new("drawing", format!("A drawing has at most {} lines.", limits::DRAWN_LINES)));
    }
    if lines.iter().map(|line| line.points.len()).sum::<usize>() > limits::DRAWN_POINTS {
        return Err(FieldProblem::new("drawing", format!("A drawing has at most {} points.", limits::DRAWN_POINTS)));
    }
    for (at, line) in lines.iter().enumerate() {
        let is_inside = |point: &[u16; 2]| point.iter().all(|part| *part <= DRAWING_SIZE);
        if line.points.is_empty() || !line.points.iter().all(is_inside) {
            return Err(FieldProblem::new(
                format!("drawing/{at}/points"),
                format!("A line has at least one point, each with two numbers from 0 to {DRAWING_SIZE}."),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(points: Vec<[u16; 2]>) -> DrawnLine {
        DrawnLine { points, ..DrawnLine::default() }
    }

    #[test]
    fn a_drawing_stays_within_the_picture_and_its_bounds() {
        assert!(check_drawing(&[line(vec![[0, DRAWING_SIZE]])]).is_ok());
        for (wrong, field) in [
            (vec![line(vec![])], "drawing/0/points"),
            (vec![line(vec![[1, 1]]), line(vec![[0, DRAWING_SIZE + 1]])], "drawing/1/points"),
            (vec![line(vec![[1, 1]; limits::DRAWN_POINTS + 1])], "drawing"),
            (vec![line(vec![[1, 1]]); limits::DRAWN_LINES + 1], "drawing"),
        ] {
            assert_eq!(check_drawing(&wrong).unwrap_err().field, field);
        }
    }
}
