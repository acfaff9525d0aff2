//! New seeds for a cell that is made again.

use std::sync::Arc;

use proto::{
    comfy::Catalog,
    form::{Form, FormField, Role, SeedControl},
    grid::GridSpec,
    recipe::Field,
    submit::{FormRun, Submission},
};

use super::{error::GridError, library::Grids};
use crate::workflow_forms::classes;

impl Grids {
    /// New values of the seeds that all cells have in common: name and text.
    ///
    /// # Errors
    /// One is on an axis, or there is none.
    pub(super) async fn new_seeds(&self, spec: GridSpec) -> Result<Vec<(String, String)>, GridError> {
        let catalogs = self.pool.form_catalogs();
        // A workflow may have thousands of nodes.
        let seeds = tokio::task::spawn_blocking(move || seeds(&spec, &catalogs));
        let seeds = seeds.await.map_err(|_| GridError::Stopping)??;
        if seeds.is_empty() { Err(GridError::NoSeed) } else { Ok(seeds) }
    }
}

fn seeds(spec: &GridSpec, catalogs: &[Arc<Catalog>]) -> Result<Vec<(String, String)>, GridError> {
    let on_axis = |name: &str| spec.axes.iter().any(|axis| axis.field == name);
    match &spec.base {
        Submission::TextToImage(_) if on_axis(Field::Seed.name()) => Err(GridError::SeedOnAxis),
        Submission::TextToImage(_) => Ok(vec![(Field::Seed.name().to_owned(), random().to_string())]),
        Submission::Form(FormRun { json, off, .. }) => {
            let workflow = serde_json::from_str(json).map_err(|_| GridError::Damaged)?;
            let form = Form::of(&workflow, &classes(catalogs, &workflow));
            let is_seed = |field: &&FormField| field.role == Role::Seed && !off.contains(&field.key.node);
            let seeds: Vec<&FormField> = form.fields.iter().filter(is_seed).collect();
            if seeds.iter().any(|field| on_axis(&field.key.to_string())) {
                return Err(GridError::SeedOnAxis);
            }
            let next = |field: &&FormField| Some((field.key.to_string(), field.next_value(SeedControl::Random, &field.value, random())?));
            Ok(seeds.iter().filter_map(next).collect())
        }
        Submission::Workflow { .. } | Submission::Edit(_) => Ok(Vec::new()),
    }
}

/// At most 2^53 − 1: JavaScript, and so ComfyUI's editor, has no larger exact numbers.
fn random() -> u64 {
    rand::random::<u64>() >> 11
}
