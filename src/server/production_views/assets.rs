//! The page of the assets.

use std::collections::HashMap;

use proto::{
    limits,
    production::{
        Asset, AssetId, ProjectId, Scene,
        views::{AssetCard, AssetShot, AssetsPage, PageProject},
    },
};

use super::whole::whole;
use crate::{
    production::Productions,
    store::{ObjectQuery, ProductionError},
};

pub(super) async fn page(productions: &Productions, project: ProjectId) -> Result<AssetsPage, ProductionError> {
    let head = PageProject::from(&productions.project(project).await?);
    let uses = productions.asset_uses(project).await?;
    let mut scenes: HashMap<AssetId, u32> = HashMap::new();
    for location in whole::<Scene>(productions, project).await?.into_iter().filter_map(|scene| scene.fields.location_ref) {
        *scenes.entry(location).or_default() += 1;
    }
    let card = |asset: Asset| {
        let shots = uses.get(&asset.id).copied().unwrap_or_default();
        let scenes = scenes.get(&asset.id).copied().unwrap_or_default();
        AssetCard::of(asset, shots, scenes)
    };
    let assets = whole::<Asset>(productions, project).await?.into_iter().map(card).collect();
    let query = ObjectQuery { in_trash: true, limit: limits::PRODUCTION_PAGE, ..ObjectQuery::default() };
    let trashed = productions.objects::<Asset>(project, query).await?.objects.into_iter().map(card).collect();
    Ok(AssetsPage { project: head, assets, trashed })
}

pub(super) async fn usage(productions: &Productions, project: ProjectId, asset: AssetId) -> Result<Vec<AssetShot>, ProductionError> {
    let shots = productions.usage(project, asset, limits::PRODUCTION_PAGE).await?;
    let label = |shot: &proto::production::Shot| format!("{} {} {}", shot.scene_id, shot.code, shot.fields.title).trim().to_owned();
    Ok(shots.into_iter().map(|shot| AssetShot { label: label(&shot), shot: shot.id }).collect())
}
