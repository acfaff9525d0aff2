//! Chapters, scenes, shots, nodes, assets, casts and beats: how each is made, and what else changes with it.

use std::str::FromStr;

use proto::production::{
    Asset, AssetFields, AssetId, BeatFields, BeatId, Cast, CastId, Chapter, ChapterFields, ChapterId, EmotionalBeat, FieldProblem, NodeRun,
    ObjectKind, ProductionNode, ProductionNodeId, ProjectId, Scene, SceneCode, SceneFields, SceneId, Shot, ShotCode, ShotFields, ShotId,
    Stamp, ToldObject,
};
use rusqlite::params;
use uuid::Uuid;

use super::{
    objects::{ObjectDraft, StoredObject, children, is_code_taken, named, take_number, update},
    refusal::{ProductionRefusal, UnitError},
    unit::ProductionUnit,
};

/// What is different for each kind when it is made or changed.
pub trait ProducedObject: StoredObject {
    /// A new one with default fields, at position 0.
    fn make(unit: &ProductionUnit, project: ProjectId, draft: &ObjectDraft) -> Result<Self, UnitError>;

    /// Checks what its changed fields refer to, and takes over what depends on that.
    fn settle(&mut self, _unit: &ProductionUnit, _before: &Self) -> Result<(), UnitError> {
        Ok(())
    }

    /// Moves it to another parent.
    fn move_to(&mut self, _unit: &ProductionUnit, _parent: &str) -> Result<(), UnitError> {
        Err(FieldProblem::new("parent", format!("A {} is moved only within its place.", Self::NAME)).into())
    }

    /// Checks that its parent is not in the trash when it leaves that.
    fn check_parent(&self, unit: &ProductionUnit) -> Result<(), UnitError> {
        let parent = self.parent();
        let Some(kind) = Self::PARENT.filter(|_| !parent.is_empty()) else { return Ok(()) };
        let is_there: bool = unit
            .transaction
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM production_objects WHERE project = ?1 AND kind = ?2 AND id = ?3 AND deleted_at IS NULL)",
            )?
            .query_row([&self.project().to_string(), kind.word(), &parent], |row| row.get(0))?;
        let refusal = || ProductionRefusal::WrongState(format!("The {} that it is in is in the trash. Restore that first.", kind.word()));
        if is_there { Ok(()) } else { Err(refusal().into()) }
    }

    /// The kind of its parent.
    const PARENT: Option<ObjectKind> = None;

    /// Kinds of objects that must not be in it when it is thrown away, with their word.
    const CHILDREN: Option<(ObjectKind, &'static str)> = None;

    /// What a change of the structure of the project calls it. `None`: it is no part of that.
    fn place(&self) -> Option<String> {
        None
    }

    /// Afterwards, once it is stored.
    fn spread(&self, _unit: &ProductionUnit, _before: &Self) -> Result<(), UnitError> {
        Ok(())
    }
}

fn parent<'a>(draft: &'a ObjectDraft, field: &str, what: &str) -> Result<&'a str, UnitError> {
    let missing = || FieldProblem::new(field, format!("Name the {what} that it is in."));
    Ok(draft.parent.as_deref().ok_or_else(missing)?)
}

/// What a field names, unless it is as before.
fn check_named<T: StoredObject>(
    unit: &ProductionUnit,
    project: ProjectId,
    field: &str,
    id: Option<impl ToString + PartialEq>,
    before: Option<impl ToString + PartialEq>,
) -> Result<Option<T>, UnitError> {
    let (id, before) = (id.map(|id| id.to_string()), before.map(|id| id.to_string()));
    match id {
        Some(id) if before.as_ref() != Some(&id) => named(unit.transaction, project, field, &id).map(Some),
        _ => Ok(None),
    }
}

/// The code that was asked for, if it is free.
fn wanted_code<C: FromStr<Err: ToString> + ToString>(
    unit: &ProductionUnit,
    project: ProjectId,
    kind: ObjectKind,
    scope: &str,
    draft: &ObjectDraft,
) -> Result<Option<C>, UnitError> {
    let Some(name) = &draft.name else { return Ok(None) };
    let code: C = name.parse().map_err(|wrong: C::Err| FieldProblem::new("code", wrong.to_string()))?;
    if is_code_taken(unit.transaction, project, kind, scope, &code.to_string())? {
        return Err(FieldProblem::new("code", format!("{name} is there already, or was: a code is not used twice.")).into());
    }
    Ok(Some(code))
}

fn no_more_codes<T>(code: Option<T>) -> Result<T, UnitError> {
    Ok(code.ok_or_else(|| FieldProblem::new("code", "There are no more numbers."))?)
}

impl StoredObject for Chapter {
    const NAME: &'static str = "chapter";
}

impl ProducedObject for Chapter {
    fn make(unit: &ProductionUnit, project_id: ProjectId, _: &ObjectDraft) -> Result<Self, UnitError> {
        let id = ChapterId(Uuid::now_v7());
        Ok(Self { id, project_id, position: 0, fields: ChapterFields::default(), stamp: Stamp::new(unit.now) })
    }

    const CHILDREN: Option<(ObjectKind, &'static str)> = Some((ObjectKind::Scene, "scenes"));

    fn place(&self) -> Option<String> {
        Some(self.id.to_string())
    }
}

impl StoredObject for Scene {
    const NAME: &'static str = "scene";
}

impl ProducedObject for Scene {
    const PARENT: Option<ObjectKind> = Some(ObjectKind::Chapter);

    fn make(unit: &ProductionUnit, project_id: ProjectId, draft: &ObjectDraft) -> Result<Self, UnitError> {
        let chapter: Chapter = named(unit.transaction, project_id, "chapter", parent(draft, "chapter", "chapter")?)?;
        let wanted: Option<SceneCode> = wanted_code(unit, project_id, ObjectKind::Scene, "", draft)?;
        let project = project_id.to_string();
        let last: u32 =
            unit.transaction.prepare_cached("SELECT last_scene FROM projects WHERE id = ?1")?.query_row([&project], |row| row.get(0))?;
        let code = no_more_codes(wanted.or_else(|| SceneCode::new(last.saturating_add(1))))?;
        unit.transaction
            .prepare_cached("UPDATE projects SET last_scene = max(last_scene, ?2) WHERE id = ?1")?
            .execute(params![project, code.number()])?;
        let id = SceneId(Uuid::now_v7());
        Ok(Self { id, project_id, chapter: chapter.id, code, position: 0, fields: SceneFields::default(), stamp: Stamp::new(unit.now) })
    }

    fn settle(&mut self, unit: &ProductionUnit, before: &Self) -> Result<(), UnitError> {
        let (now, then) = (self.fields.location_ref, before.fields.location_ref);
        check_named::<Asset>(unit, self.project_id, "location_ref", now, then).map(drop)
    }

    fn move_to(&mut self, unit: &ProductionUnit, parent: &str) -> Result<(), UnitError> {
        self.chapter = named::<Chapter>(unit.transaction, self.project_id, "parent", parent)?.id;
        Ok(())
    }

    const CHILDREN: Option<(ObjectKind, &'static str)> = Some((ObjectKind::Shot, "shots"));

    fn place(&self) -> Option<String> {
        Some(self.code.to_string())
    }
}

impl StoredObject for Shot {
    const NAME: &'static str = "shot";
}

fn next_shot(unit: &ProductionUnit, scene: &Scene, wanted: Option<ShotCode>) -> Result<ShotCode, UnitError> {
    let wanted = wanted.map(ShotCode::number);
    no_more_codes(ShotCode::new(take_number(unit, scene.project_id, ObjectKind::Scene, &scene.id.to_string(), wanted)?))
}

impl ProducedObject for Shot {
    const PARENT: Option<ObjectKind> = Some(ObjectKind::Scene);

    fn make(unit: &ProductionUnit, project_id: ProjectId, draft: &ObjectDraft) -> Result<Self, UnitError> {
        let scene: Scene = named(unit.transaction, project_id, "scene", parent(draft, "scene", "scene")?)?;
        let wanted = wanted_code(unit, project_id, ObjectKind::Shot, &scene.id.to_string(), draft)?;
        let code = next_shot(unit, &scene, wanted)?;
        let (id, stamp) = (ShotId(Uuid::now_v7()), Stamp::new(unit.now));
        Ok(Self { id, project_id, scene: scene.id, scene_id: scene.code, code, position: 0, fields: ShotFields::default(), stamp })
    }

    fn move_to(&mut self, unit: &ProductionUnit, parent: &str) -> Result<(), UnitError> {
        let scene: Scene = named(unit.transaction, self.project_id, "parent", parent)?;
        if scene.id != self.scene {
            let is_taken = is_code_taken(unit.transaction, self.project_id, ObjectKind::Shot, parent, &self.code.to_string())?;
            self.code = next_shot(unit, &scene, Some(self.code).filter(|_| !is_taken))?;
            (self.scene, self.scene_id) = (scene.id, scene.code);
        }
        Ok(())
    }

    fn place(&self) -> Option<String> {
        Some(format!("{}/{}", self.scene_id, self.code))
    }

    /// Its nodes have its codes.
    fn spread(&self, unit: &ProductionUnit, before: &Self) -> Result<(), UnitError> {
        if (self.scene_id, self.code) == (before.scene_id, before.code) {
            return Ok(());
        }
        for mut node in children::<ProductionNode>(unit.transaction, self.project_id, Some(&self.id.to_string()))? {
            (node.scene_id, node.shot_id) = (Some(self.scene_id), Some(self.code));
            node.stamp.touch(unit.now);
            update(unit, &node)?;
            unit.tell(Some(self.project_id), &node.changed())?;
        }
        Ok(())
    }
}

impl StoredObject for ProductionNode {
    const NAME: &'static str = "node";
}

impl ProducedObject for ProductionNode {
    const PARENT: Option<ObjectKind> = Some(ObjectKind::Shot);

    fn make(unit: &ProductionUnit, project_id: ProjectId, draft: &ObjectDraft) -> Result<Self, UnitError> {
        let wrong = |wrong: proto::production::BadNodeId| FieldProblem::new("node_id", wrong.to_string());
        let node_id: ProductionNodeId = match &draft.name {
            Some(name) => name.parse().map_err(wrong)?,
            None => Uuid::now_v7().into(),
        };
        if super::objects::read::<Self>(unit.transaction, project_id, node_id.as_str())?.is_some() {
            return Err(FieldProblem::new("node_id", "There is a node with this id already, or it is in the trash.").into());
        }
        Ok(Self {
            node_id,
            project_id,
            position: 0,
            fields: Default::default(),
            scene_id: None,
            shot_id: None,
            run: NodeRun::default(),
            stamp: Stamp::new(unit.now),
        })
    }

    fn settle(&mut self, unit: &ProductionUnit, before: &Self) -> Result<(), UnitError> {
        if self.fields.shot == before.fields.shot {
            return Ok(());
        }
        let shot: Option<Shot> = check_named(unit, self.project_id, "shot", self.fields.shot, before.fields.shot)?;
        (self.scene_id, self.shot_id) = (shot.as_ref().map(|shot| shot.scene_id), shot.map(|shot| shot.code));
        Ok(())
    }
}

impl StoredObject for Asset {
    const NAME: &'static str = "asset";
}

impl ProducedObject for Asset {
    fn make(unit: &ProductionUnit, project_id: ProjectId, _: &ObjectDraft) -> Result<Self, UnitError> {
        let id = AssetId(Uuid::now_v7());
        Ok(Self { id, project_id, position: 0, fields: AssetFields::default(), stamp: Stamp::new(unit.now) })
    }
}

impl StoredObject for Cast {
    const NAME: &'static str = "cast";
}

impl ProducedObject for Cast {
    const PARENT: Option<ObjectKind> = Some(ObjectKind::Shot);

    fn make(unit: &ProductionUnit, project_id: ProjectId, draft: &ObjectDraft) -> Result<Self, UnitError> {
        let shot: Shot = named(unit.transaction, project_id, "shot", parent(draft, "shot", "shot")?)?;
        let asset = draft.name.as_deref().ok_or_else(|| FieldProblem::new("asset", "Name the asset that is in the shot."))?;
        let asset: Asset = named(unit.transaction, project_id, "asset", asset)?;
        if is_code_taken(unit.transaction, project_id, ObjectKind::Cast, &shot.id.to_string(), &asset.id.to_string())? {
            return Err(FieldProblem::new("asset", "It is in the shot already.").into());
        }
        let (id, stamp) = (CastId(Uuid::now_v7()), Stamp::new(unit.now));
        Ok(Self { id, project_id, shot: shot.id, asset: asset.id, position: 0, fields: Default::default(), stamp })
    }
}

impl StoredObject for EmotionalBeat {
    const NAME: &'static str = "beat";
}

impl ProducedObject for EmotionalBeat {
    fn make(unit: &ProductionUnit, project_id: ProjectId, _: &ObjectDraft) -> Result<Self, UnitError> {
        let id = BeatId(Uuid::now_v7());
        Ok(Self { id, project_id, position: 0, fields: BeatFields::default(), stamp: Stamp::new(unit.now) })
    }

    fn settle(&mut self, unit: &ProductionUnit, before: &Self) -> Result<(), UnitError> {
        check_named::<Scene>(unit, self.project_id, "scene", self.fields.scene, before.fields.scene).map(drop)
    }
}
