//! People review takes, throw them away and restore them.

use proto::production::{Moment, ProductionEvent, ProductionNode, ProjectId, Take, TakeId};
use serde_json::{Map, Value};

use super::{
    conflict::{ToldAs, check_version},
    merge::merge_fields,
    node_run,
    objects::read,
    projects,
    refusal::{ProductionError, UnitError},
    take_rows,
    unit::ProductionUnit,
};
use crate::store::Store;

fn review(
    unit: &ProductionUnit,
    project: ProjectId,
    id: TakeId,
    version: Option<u32>,
    patch: &Map<String, Value>,
) -> Result<Take, UnitError> {
    projects::live(unit.transaction, project)?;
    let mut take = take_rows::read(unit.transaction, project, id)?;
    if take.stamp.deleted_at.is_some() {
        return Err(take_rows::UNKNOWN.into());
    }
    check_version(unit.transaction, &ToldAs::take(&take), &take, take.stamp.version, version)?;
    take.fields = merge_fields(&take.fields, patch)?;
    take.fields.check()?;
    take.stamp.touch(unit.now);
    take_rows::update(unit, &take)?;
    unit.tell(Some(project), &ProductionEvent::TakeReviewed { take: Box::new(take.clone()) })?;
    Ok(take)
}

fn trash(unit: &ProductionUnit, project: ProjectId, id: TakeId, version: Option<u32>, is_trashed: bool) -> Result<Take, UnitError> {
    projects::live(unit.transaction, project)?;
    let mut take = take_rows::read(unit.transaction, project, id)?;
    check_version(unit.transaction, &ToldAs::take(&take), &take, take.stamp.version, version)?;
    if take.stamp.deleted_at.is_some() == is_trashed {
        return Ok(take);
    }
    take.stamp.touch(unit.now);
    take.stamp.deleted_at = is_trashed.then_some(unit.now);
    take_rows::update(unit, &take)?;
    let told = Box::new(take.clone());
    let event = if is_trashed { ProductionEvent::TakeTrashed { take: told } } else { ProductionEvent::TakeRestored { take: told } };
    unit.tell(Some(project), &event)?;
    if let Some(mut node) = read::<ProductionNode>(unit.transaction, project, take.node_id.as_str())? {
        node_run::refresh(unit, &mut node, false)?;
    }
    Ok(take)
}

/// Errors of all of these: see [`super::ProductionRefusal`], and the database cannot be read or written.
impl Store {
    /// Changes what people say of a take.
    pub async fn review_take(
        &self,
        project: ProjectId,
        id: TakeId,
        version: Option<u32>,
        patch: Map<String, Value>,
        now: Moment,
    ) -> Result<Take, ProductionError> {
        self.production(now, move |unit: &ProductionUnit| review(unit, project, id, version, &patch)).await
    }

    /// Puts a take in the trash, where it stays for [`proto::limits::PRODUCTION_TRASH`], or takes it out again. Its number stays its own.
    pub async fn trash_take(
        &self,
        project: ProjectId,
        id: TakeId,
        version: Option<u32>,
        is_trashed: bool,
        now: Moment,
    ) -> Result<Take, ProductionError> {
        self.production(now, move |unit: &ProductionUnit| trash(unit, project, id, version, is_trashed)).await
    }
}
