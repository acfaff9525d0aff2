//! What was thrown away of a project, for its board.

use proto::{
    limits,
    production::{BoardTrash, Chapter, EmotionalBeat, Moment, ObjectKind, ProjectId, Scene, Shot, Take, TrashedItem},
};

use super::library::Productions;
use crate::store::{ObjectQuery, ProductionError, StoredObject, TakeQuery};

/// Errors: see [`crate::store::ProductionRefusal`], and the database cannot be read.
impl Productions {
    /// Chapters, scenes, shots, beats and takes in the trash, what was thrown away last first.
    pub async fn board_trash(&self, project: ProjectId) -> Result<BoardTrash, ProductionError> {
        let mut trash = BoardTrash::default();
        let named = |name: String, title: &str| format!("{name} {title}").trim().to_owned();
        self.add_trashed(project, &mut trash, |chapter: &Chapter| chapter.fields.title.clone()).await?;
        self.add_trashed(project, &mut trash, |scene: &Scene| named(scene.code.to_string(), &scene.fields.title)).await?;
        self.add_trashed(project, &mut trash, |shot: &Shot| named(format!("{}_{}", shot.scene_id, shot.code), &shot.fields.title)).await?;
        self.add_trashed(project, &mut trash, |beat: &EmotionalBeat| beat.fields.beat.clone()).await?;
        let query = TakeQuery { in_trash: true, limit: limits::PRODUCTION_PAGE, ..TakeQuery::default() };
        let page = self.takes(project, query).await?;
        trash.has_more |= page.next.is_some();
        trash.items.extend(page.takes.iter().map(take_item));
        trash.items.sort_by(|one, other| (other.at, &one.name).cmp(&(one.at, &other.name)));
        Ok(trash)
    }

    async fn add_trashed<T: StoredObject>(
        &self,
        project: ProjectId,
        trash: &mut BoardTrash,
        name: impl Fn(&T) -> String,
    ) -> Result<(), ProductionError> {
        let query = ObjectQuery { in_trash: true, limit: limits::PRODUCTION_PAGE, ..ObjectQuery::default() };
        let page = self.objects::<T>(project, query).await?;
        trash.has_more |= page.next.is_some();
        trash.items.extend(page.objects.iter().map(|object| item(Some(T::KIND), object.key(), name(object), object.stamp().deleted_at)));
        Ok(())
    }
}

fn take_item(take: &Take) -> TrashedItem {
    item(None, take.id.to_string(), format!("{} T{:03}", take.node_id, take.take_number), take.stamp.deleted_at)
}

fn item(kind: Option<ObjectKind>, id: String, name: String, at: Option<Moment>) -> TrashedItem {
    TrashedItem { kind, id, name, at: at.unwrap_or_default().0 }
}
