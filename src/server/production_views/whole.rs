//! Lists that a page shows as a whole.

use proto::{limits, production::ProjectId};

use crate::{
    production::Productions,
    store::{ObjectQuery, ProductionError, StoredObject},
};

/// All objects of a kind that are not in the trash, in order, at most [`limits::BOARD_OBJECTS`].
pub(super) async fn whole<T: StoredObject>(productions: &Productions, project: ProjectId) -> Result<Vec<T>, ProductionError> {
    let mut objects = Vec::new();
    let mut query = ObjectQuery { limit: limits::PRODUCTION_PAGE, ..ObjectQuery::default() };
    loop {
        let page = productions.objects::<T>(project, query.clone()).await?;
        objects.extend(page.objects);
        match page.next {
            Some(next) if objects.len() < limits::BOARD_OBJECTS => query.after = Some(next),
            _ => return Ok(objects),
        }
    }
}
