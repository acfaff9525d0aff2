//! In which order the cells of a grid are submitted.

/// What it costs to change an axis from one cell to the next. Smaller ones vary more slowly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AxisWeight {
    /// Another checkpoint or diffusion model is loaded.
    Model,
    /// Another VAE, text encoder or LoRA is loaded.
    ModelPart,
    /// A prompt is encoded again.
    Prompt,
    /// Only what comes after is computed again.
    Other,
}

impl AxisWeight {
    /// Files of models are loaded for it.
    #[must_use]
    pub fn loads_models(self) -> bool {
        self <= Self::ModelPart
    }
}

/// All cells, each as the places of its values on the axes, in the order in which they are submitted. `axes`: the number of values, and the weight of each axis.
///
/// Axes that load models vary slowest, so that each combination of models comes once and every ComfyUI of a pool sees them in blocks. From one combination
/// to the next only one of them changes. Otherwise sheet by sheet (Z) and row by row (Y).
#[must_use]
pub fn order_cells(axes: &[(usize, AxisWeight)]) -> Vec<Vec<usize>> {
    let mut slowest_first: Vec<usize> = (0..axes.len()).collect();
    slowest_first.sort_by_key(|axis| (axes[*axis].1, std::cmp::Reverse(*axis)));
    let total = axes.iter().fold(1_usize, |product, (values, _)| product.saturating_mul(*values));
    let cell = |number: usize| {
        let mut places = vec![0; axes.len()];
        let mut stride = total;
        for axis in &slowest_first {
            let (values, weight) = axes[*axis];
            let block = stride;
            stride /= values.max(1);
            let place = number % block / stride.max(1);
            // Every other block runs backwards, so that it begins with the value that the block before ended with.
            let is_reversed = weight.loads_models() && (number / block) % 2 == 1;
            places[*axis] = if is_reversed { values - 1 - place } else { place };
        }
        places
    };
    (0..total).map(cell).collect()
}
