//! Which shots of a board are shown: what people choose, and the address that says so.

use std::{borrow::Cow, collections::BTreeSet};

use super::super::{AssetId, AssetKind, ReviewState, ShotId};
use super::{Board, BoardShot, BoardState};
use crate::percent::percent_encoded;

/// Which shots are shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BoardFilter {
    /// Words that a shot has, whatever their case: in its name, title or prompt.
    pub text: String,
    pub status: Option<ReviewState>,
    pub state: Option<BoardState>,
    pub character: Option<AssetId>,
    /// Of the shot itself, or else of its scene.
    pub location: Option<AssetId>,
    pub style: Option<AssetId>,
    /// Only those whose current takes are of older parts.
    pub stale_only: bool,
}

impl BoardFilter {
    /// From the parameters of an address. What cannot be read is left out.
    #[must_use]
    pub fn read(parameter: impl Fn(&str) -> Option<String>) -> Self {
        let asset = |name: &str| parameter(name)?.parse().ok();
        Self {
            text: parameter("q").unwrap_or_default(),
            status: parameter("status").and_then(|word| word.parse().ok()),
            state: parameter("state").and_then(|word| BoardState::ALL.into_iter().find(|state| state.word() == word)),
            character: asset("character"),
            location: asset("location"),
            style: asset("style"),
            stale_only: parameter("stale").is_some_and(|stale| !stale.is_empty()),
        }
    }

    /// The parameters of the address of what it shows: `?q=pier&status=retake`. Empty: it shows everything.
    #[must_use]
    pub fn query(&self) -> String {
        let asset = |asset: Option<AssetId>| asset.map(|asset| asset.to_string()).unwrap_or_default();
        let parameters = [
            ("q", self.text.trim().to_owned()),
            ("status", self.status.map_or("", <&'static str>::from).to_owned()),
            ("state", self.state.map_or("", BoardState::word).to_owned()),
            ("character", asset(self.character)),
            ("location", asset(self.location)),
            ("style", asset(self.style)),
            ("stale", if self.stale_only { "1".to_owned() } else { String::new() }),
        ];
        let set = parameters.into_iter().filter(|(_, value)| !value.is_empty());
        let query = set.map(|(name, value)| format!("{name}={}", percent_encoded(&value))).collect::<Vec<_>>().join("&");
        if query.is_empty() { query } else { format!("?{query}") }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self { text: self.text.clone(), ..Self::default() } && self.text.trim().is_empty()
    }

    /// Which asset of a kind is asked for. `None`: any, or it is a kind that nobody asks for.
    #[must_use]
    pub fn asset(&self, kind: AssetKind) -> Option<AssetId> {
        match kind {
            AssetKind::Character => self.character,
            AssetKind::Location => self.location,
            AssetKind::Style => self.style,
            AssetKind::Prop | AssetKind::Sound => None,
        }
    }

    /// Asks for an asset of a kind.
    pub fn set_asset(&mut self, kind: AssetKind, asset: Option<AssetId>) {
        match kind {
            AssetKind::Character => self.character = asset,
            AssetKind::Location => self.location = asset,
            AssetKind::Style => self.style = asset,
            AssetKind::Prop | AssetKind::Sound => {}
        }
    }

    /// `state`: of the shot. `stale`: the shots whose current takes are of older parts.
    #[must_use]
    pub fn shows(&self, board: &Board, shot: &BoardShot, state: BoardState, stale: &BTreeSet<ShotId>) -> bool {
        let has_words = self.text.trim().is_empty() || {
            let text = format!("{} {} {}", board.shot_name(shot), shot.title, shot.prompt).to_lowercase();
            self.text.to_lowercase().split_whitespace().all(|word| text.contains(word))
        };
        let casts = || board.casts.values().filter(|cast| cast.shot == shot.id && !cast.is_gone);
        let has = |asset: Option<AssetId>| asset.is_none_or(|asset| casts().any(|cast| cast.asset == asset));
        has_words
            && self.status.is_none_or(|status| status == shot.status)
            && self.state.is_none_or(|wanted| wanted == state)
            && (!self.stale_only || stale.contains(&shot.id))
            && has(self.character)
            && has(self.style)
            && self.location.is_none_or(|location| board.location_of(shot) == Some(location))
    }
}

impl Board {
    /// Where a shot happens: its own location, or else that of its scene.
    #[must_use]
    pub fn location_of(&self, shot: &BoardShot) -> Option<AssetId> {
        let is_there = |id: &AssetId| self.assets.get(id).is_some_and(|asset| asset.kind == AssetKind::Location && !asset.is_gone);
        let own = self.casts.values().filter(|cast| cast.shot == shot.id && !cast.is_gone).map(|cast| cast.asset).find(is_there);
        own.or_else(|| self.scenes.get(&shot.scene)?.location.filter(is_there))
    }

    /// Only the shots that a filter shows, with everything else: what a server draws. `stale`: the shots whose current takes are of older parts.
    #[must_use]
    pub fn filtered(&self, filter: &BoardFilter, stale: &BTreeSet<ShotId>) -> Cow<'_, Self> {
        if filter.is_empty() {
            return Cow::Borrowed(self);
        }
        let nodes = self.nodes_by_shot();
        let state = |id: &ShotId| BoardState::of(nodes.get(id).map_or(&[], Vec::as_slice));
        let shown = self.shots.values().filter(|shot| filter.shows(self, shot, state(&shot.id), stale)).map(|shot| shot.id);
        let shown: BTreeSet<ShotId> = shown.collect();
        let mut board = self.clone();
        board.shots.retain(|id, _| shown.contains(id));
        Cow::Owned(board)
    }
}
