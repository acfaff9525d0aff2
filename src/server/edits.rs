//! Edits of pictures: checked against the stored picture and its mask, and made into a workflow. The masks that are sent are made here and stored
//! as pictures.

use std::sync::Arc;

use crate::{
    pictures::{PictureError, Pictures},
    pool::Pool,
    prompts::with_loras,
};
use proto::{
    comfy::Workflow,
    edit::{
        self, Edit, EditArea, EditField, EditFiles, EditPlan, EditProblem, EditRun, Grey, MaskFacts, PictureFile, PictureId, PixelSize,
        StoredPicture, Upscale, UpscaleHow, plan,
    },
    limits,
    recipe::{Field, TextToImage},
    submit::Refusal,
    task::Problem,
};

/// Why there is no workflow.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// A later try may succeed.
    #[error("{0}")]
    Unavailable(String),
}

/// The workflow of an edit, and what was known when it was made.
pub struct PlannedEdit {
    pub workflow: Workflow,
    pub plan: EditPlan,
    /// The size of the picture that is edited.
    pub source: PixelSize,
    /// The mask as it was painted, an opaque picture that pages can read.
    pub mask: Option<PictureId>,
    /// What is done in another way because node classes are missing, for people.
    pub fallbacks: Vec<String>,
}

pub struct Edits {
    pictures: Arc<Pictures>,
    pool: Arc<Pool>,
}

impl Edits {
    pub fn new(pictures: Arc<Pictures>, pool: Arc<Pool>) -> Self {
        Self { pictures, pool }
    }

    /// The workflow of an edit, with nodes for the LoRAs that its prompt names. Whether a ComfyUI has its node classes and models is checked later,
    /// as for every workflow.
    ///
    /// # Errors
    /// See [`EditError`].
    pub async fn workflow(&self, run: &EditRun) -> Result<PlannedEdit, EditError> {
        let mut problems = recipe_problems(run);
        let source = self.pictures.used(&run.source).await.map_err(|error| at(EditField::Source, error));
        let source = keep(source, &mut problems)?;
        let (mask, painted) = match run.edit.mask() {
            Some(mask) => keep(self.painted(mask).await, &mut problems)?.unzip(),
            None => (None, None),
        };
        let Some(source) = source else { return Err(refused(problems)) };
        let facts = painted.as_ref().map(|mask| MaskFacts { size: mask.size(), bounds: mask.bounds() });
        // That the mask is unknown is said already.
        let has_mask = run.edit.mask().is_none() || painted.is_some();
        let plan = match plan(run, source.size, facts) {
            Ok(plan) if problems.is_empty() => plan,
            Ok(_) => return Err(refused(problems)),
            Err(wrong) => {
                let wrong = wrong.into_iter().filter(|problem| has_mask || problem.field != EditField::Mask);
                problems.extend(wrong.map(Problem::from));
                return Err(refused(problems));
            }
        };
        let catalogs = self.pool.form_catalogs();
        let known: Vec<_> = catalogs.iter().filter(|catalog| !catalog.is_empty()).collect();
        // Until a ComfyUI was reached, it is taken to have everything.
        let has = |class: &str| known.is_empty() || known.iter().any(|catalog| catalog.class(class).is_some());
        let alpha = match run.edit.method() {
            Some(_) => self.pictures.alpha(&source).await.map_err(|error| at(EditField::Source, error))?,
            None => None,
        };
        let is_transparent = alpha.is_some();
        let alpha = alpha.filter(|_| edit::has_alpha(&run.edit, has));
        let files = self.files(run, &source, alpha, painted, edit::is_soft(&run.edit, has)).await?;
        let catalog = known.first().map(|catalog| (**catalog).clone()).unwrap_or_default();
        let of = |recipe: &TextToImage| {
            let run = EditRun { recipe: recipe.clone(), ..run.clone() };
            edit::typed_for(edit::workflow(&run, &plan, &files, has), &catalog)
        };
        let workflow = with_loras(&run.recipe, of, &catalogs).map_err(EditError::Refused)?;
        Ok(PlannedEdit { workflow, plan, source: source.size, mask, fallbacks: edit::fallbacks(&run.edit, is_transparent, has) })
    }

    /// What is painted on a mask, and its id. One with transparent places is stored anew without them: a page could not read its red channel there.
    async fn painted(&self, mask: &PictureId) -> Result<(PictureId, Grey), EditError> {
        let read = async {
            self.pictures.used(mask).await?;
            let (painted, is_opaque) = self.pictures.mask(mask).await?;
            let id = if is_opaque { mask.clone() } else { self.pictures.take_mask(painted.clone()).await?.id };
            Ok((id, painted))
        };
        read.await.map_err(|error| at(EditField::Mask, error))
    }

    /// Makes and stores both masks, and what says how transparent the result is. `alpha`: that of the source, if it is put back.
    async fn files(
        &self,
        run: &EditRun,
        source: &StoredPicture,
        alpha: Option<Grey>,
        painted: Option<Grey>,
        is_soft: bool,
    ) -> Result<EditFiles, EditError> {
        let (edit, size) = (run.edit.clone(), source.size);
        let make = move || {
            let (masks, left, top) = match (&edit, painted) {
                (Edit::Inpaint(inpaint), Some(painted)) => (edit::masks(&painted, inpaint.grow, inpaint.feather, is_soft), 0, 0),
                (Edit::Outpaint(outpaint), _) => (edit::outpaint_masks(size, outpaint, is_soft), outpaint.left, outpaint.top),
                _ => return None,
            };
            let transparency = alpha.map(|alpha| edit::transparency(&alpha, left, top, &masks.composite));
            Some((masks, transparency))
        };
        let made = tokio::task::spawn_blocking(make).await.map_err(|_| EditError::Unavailable(PictureError::Stopping.to_string()))?;
        let Some((masks, transparency)) = made else {
            return Ok(EditFiles { source: source.file(), masks: None, transparency: None });
        };
        let (noise, composite) = (self.kept(masks.noise).await?, self.kept(masks.composite).await?);
        let transparency = match transparency {
            Some(transparency) => Some(self.kept(transparency).await?),
            None => None,
        };
        Ok(EditFiles { source: source.file(), masks: Some((noise, composite)), transparency })
    }

    async fn kept(&self, mask: Grey) -> Result<PictureFile, EditError> {
        let picture = self.pictures.take_mask(mask).await.map_err(|error| at(EditField::Mask, error))?;
        Ok(picture.file())
    }
}

/// A refusal becomes problems, so that all of them are named at once; whatever is temporary ends the search.
fn keep<T>(result: Result<T, EditError>, problems: &mut Vec<Problem>) -> Result<Option<T>, EditError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(EditError::Refused(refusal)) => {
            problems.extend(refusal.problems);
            Ok(None)
        }
        Err(error @ EditError::Unavailable(_)) => Err(error),
    }
}

fn refused(problems: Vec<Problem>) -> EditError {
    EditError::Refused(Refusal::new(problems))
}

fn at(field: EditField, error: PictureError) -> EditError {
    match error {
        PictureError::Media(_) | PictureError::Store(_) | PictureError::Stopping => EditError::Unavailable(error.to_string()),
        PictureError::Unknown | PictureError::Invalid(_) | PictureError::TooLarge | PictureError::UnsupportedType => {
            refused(vec![EditProblem { field, message: error.to_string() }.into()])
        }
    }
}

/// What is wrong with prompt, checkpoint and so on, as far as the edit uses them.
fn recipe_problems(run: &EditRun) -> Vec<Problem> {
    let (samples, has_size) = match &run.edit {
        Edit::Upscale(Upscale { how: UpscaleHow::Resize { .. } | UpscaleHow::Model { .. }, .. }) => (false, false),
        Edit::Upscale(_) | Edit::Redraw { .. } => (true, false),
        Edit::Inpaint(inpaint) => (true, inpaint.area != EditArea::Whole),
        Edit::Outpaint(outpaint) => (true, outpaint.area != EditArea::Whole),
    };
    if !samples {
        return Vec::new();
    }
    let mut problems = run.recipe.problems();
    problems.retain(|problem| has_size || !matches!(Field::of(problem), Some(Field::Width | Field::Height)));
    if run.recipe.batch > limits::EDIT_BATCH {
        problems.retain(|problem| Field::of(problem) != Some(Field::Batch));
        problems.push(Field::Batch.problem(format!("This must be from 1 to {}.", limits::EDIT_BATCH)));
    }
    problems
}
