//! Objects for tests.

use uuid::Uuid;

use crate::{
    ids::TaskId,
    production::{
        Asset, AssetFields, AssetId, AssetKind, Moment, NodeFields, NodeRun, ProductionNode, ProjectId, QualityPreset, Stamp, Take,
        TakeFields, TakeId, TakeState,
    },
    time::Timestamp,
};

pub fn moment(ms: u64) -> Moment {
    Moment(Timestamp(ms))
}

pub fn project() -> ProjectId {
    ProjectId(Uuid::from_u128(1))
}

pub fn asset(number: u128, kind: AssetKind, trigger_word: &str, fragment: &str) -> Asset {
    Asset {
        id: AssetId(Uuid::from_u128(number)),
        project_id: project(),
        position: 1,
        fields: AssetFields {
            kind,
            name: format!("asset {number}"),
            trigger_word: trigger_word.into(),
            prompt_fragment: fragment.into(),
            ..AssetFields::default()
        },
        stamp: Stamp::new(moment(0)),
    }
}

pub fn node() -> ProductionNode {
    ProductionNode {
        node_id: "node-1".parse().unwrap(),
        project_id: project(),
        position: 1,
        fields: NodeFields::default(),
        scene_id: Some("S001".parse().unwrap()),
        shot_id: Some("P002".parse().unwrap()),
        run: NodeRun::default(),
        stamp: Stamp::new(moment(1_795_194_714_015)),
    }
}

pub fn take(take_number: u32) -> Take {
    Take {
        id: TakeId(Uuid::from_u128(9)),
        project_id: project(),
        node_id: "node-1".parse().unwrap(),
        take_number,
        scene_id: Some("S001".parse().unwrap()),
        shot_id: Some("P002".parse().unwrap()),
        shot: None,
        task_id: TaskId(Uuid::from_u128(7)),
        state: TakeState::Completed,
        path: "03_Renders/S001/P002/S001_P002_T003.png".into(),
        thumbnail: None,
        output: Some(0),
        output_id: None,
        quality_preset: QualityPreset::High,
        seed: Some(u64::MAX),
        composite_prompt: None,
        metadata: serde_json::Map::new(),
        error: None,
        finished_at: Some(moment(5)),
        fields: TakeFields::default(),
        stamp: Stamp::new(moment(0)),
    }
}
