//! A node that was made for a take that is not made is removed again.

use proto::production::{Moment, ProductionNode, ProductionObject, ToldObject};
use rusqlite::params;

use super::{
    objects::read,
    refusal::{ProductionError, UnitError},
    unit::ProductionUnit,
};
use crate::store::Store;

fn discard(unit: &ProductionUnit, made: &ProductionNode) -> Result<(), UnitError> {
    let Some(mut node) = read::<ProductionNode>(unit.transaction, made.project_id, made.node_id.as_str())? else { return Ok(()) };
    let key = [made.project_id.to_string(), made.node_id.to_string()];
    let has_takes: bool = unit
        .transaction
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM takes WHERE project = ?1 AND node = ?2 AND (deleted_at IS NULL OR state <> 'cancelled'))",
        )?
        .query_row(params![key[0], key[1]], |row| row.get(0))?;
    // Somebody used it meanwhile.
    if has_takes || node.fields != made.fields {
        return Ok(());
    }
    // Those that were refused are in the trash: see `withdraw_refused`.
    unit.transaction.prepare_cached("DELETE FROM takes WHERE project = ?1 AND node = ?2")?.execute(params![key[0], key[1]])?;
    unit.transaction.prepare_cached("DELETE FROM production_objects WHERE project = ?1 AND kind = ?2 AND id = ?3")?.execute(params![
        key[0],
        ProductionNode::KIND.word(),
        key[1]
    ])?;
    node.stamp.touch(unit.now);
    node.stamp.deleted_at = Some(unit.now);
    unit.tell(Some(made.project_id), &node.changed())
}

impl Store {
    /// Removes a node for good, if it is as it was made and has no takes but refused ones.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn discard_node(&self, made: ProductionNode, now: Moment) -> Result<(), ProductionError> {
        self.production(now, move |unit: &ProductionUnit| discard(unit, &made)).await
    }
}
