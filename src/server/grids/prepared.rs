//! A grid that was checked, and its cells in order.

use proto::grid::{AxisWeight, GridPlan, GridProblem, GridSpec, order_cells};

use super::error::GridError;

/// A grid that was checked.
pub(super) struct PreparedGrid {
    pub spec: GridSpec,
    /// The values of all cells, in the order in which they are submitted.
    pub cells: Vec<Vec<String>>,
    /// How often other models are loaded, if one ComfyUI makes all cells.
    pub model_changes: usize,
    /// How long all of it usually takes on one ComfyUI, milliseconds.
    pub expected_ms: Option<u64>,
    pub problems: Vec<GridProblem>,
}

impl PreparedGrid {
    pub fn plan(self) -> GridPlan {
        GridPlan {
            cells: u32::try_from(self.spec.cells()).unwrap_or(u32::MAX),
            model_changes: u32::try_from(self.model_changes).unwrap_or(u32::MAX),
            expected_ms: self.expected_ms,
            order: self.cells,
            problems: self.problems,
        }
    }

    /// # Errors
    /// `Refused`, if there are problems.
    pub fn accepted(self) -> Result<Self, GridError> {
        if self.problems.is_empty() { Ok(self) } else { Err(GridError::Refused(self.problems)) }
    }
}

impl PreparedGrid {
    /// Puts the cells in order.
    pub fn order(&mut self, weights: &[AxisWeight]) {
        let axes: Vec<(usize, AxisWeight)> = self.spec.axes.iter().map(|axis| axis.values.len()).zip(weights.iter().copied()).collect();
        let order = order_cells(&axes);
        let differs = |pair: &[Vec<usize>]| {
            weights.iter().zip(pair[0].iter().zip(&pair[1])).any(|(weight, (one, two))| weight.loads_models() && one != two)
        };
        self.model_changes = order.windows(2).filter(|pair| differs(pair)).count();
        self.cells = order.iter().map(|places| self.spec.values(places)).collect();
    }
}
