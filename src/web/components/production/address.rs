//! Which page of a production is at an address.

use crate::base_path::with_base;
use proto::production::{ProjectId, ShotId};

/// A page of productions. To add one: a variant, its address in [`ProductionAddress::read`], its component in `root.rs`, and, where it belongs to a project, its link in `project_nav.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProductionAddress {
    Projects,
    Board(ProjectId),
    Shot(ProjectId, ShotId),
    /// Of all projects.
    AllAgents,
    Agents(ProjectId),
    External,
    Story(ProjectId),
    Activity(ProjectId),
    Dailies(ProjectId),
    Assets(ProjectId),
    Unknown,
}

impl ProductionAddress {
    /// `path`: `/projects`, or below it; `/agents`, `/external`.
    pub fn read(path: &str) -> Self {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let project = parts.get(1).and_then(|id| id.parse().ok());
        match (parts.as_slice(), project) {
            (["projects"], _) => Self::Projects,
            (["projects", _], Some(project)) => Self::Board(project),
            (["projects", _, "shots", shot], Some(project)) => shot.parse().map_or(Self::Unknown, |shot| Self::Shot(project, shot)),
            (["projects", _, "agents"], Some(project)) => Self::Agents(project),
            (["projects", _, "story"], Some(project)) => Self::Story(project),
            (["projects", _, "activity"], Some(project)) => Self::Activity(project),
            (["projects", _, "dailies"], Some(project)) => Self::Dailies(project),
            (["projects", _, "assets"], Some(project)) => Self::Assets(project),
            (["agents"], _) => Self::AllAgents,
            (["external"], _) => Self::External,
            _ => Self::Unknown,
        }
    }

    /// Another one for each page, to tell them apart in a list.
    pub fn key(self) -> u128 {
        match self {
            Self::Unknown => 0,
            Self::Projects => 1,
            Self::Board(project) => project.0.as_u128(),
            Self::Shot(_, shot) => shot.0.as_u128(),
            Self::AllAgents => 2,
            Self::External => 3,
            // The last digits of ids are random: those of a project with others at their end are of nothing else.
            Self::Agents(project) => project.0.as_u128() ^ 1,
            Self::Story(project) => project.0.as_u128() ^ 2,
            Self::Activity(project) => project.0.as_u128() ^ 3,
            Self::Dailies(project) => project.0.as_u128() ^ 4,
            Self::Assets(project) => project.0.as_u128() ^ 5,
        }
    }
}

pub(super) fn board_url(project: ProjectId) -> String {
    with_base(&format!("/projects/{project}"))
}

pub(super) fn shot_url(project: ProjectId, shot: ShotId) -> String {
    with_base(&format!("/projects/{project}/shots/{shot}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_to_their_pages() {
        let id = "0199a0c6-0000-7000-8000-000000000001";
        let (project, shot) = (ProjectId(id.parse().unwrap()), ShotId(id.parse().unwrap()));
        assert_eq!(ProductionAddress::read("/projects/"), ProductionAddress::Projects);
        assert_eq!(ProductionAddress::read(&board_url(project)), ProductionAddress::Board(project));
        assert_eq!(ProductionAddress::read(&shot_url(project, shot)), ProductionAddress::Shot(project, shot));
        assert_eq!(ProductionAddress::read(&format!("/projects/{id}/agents/")), ProductionAddress::Agents(project));
        assert_eq!(
            (ProductionAddress::read("/agents"), ProductionAddress::read("/external")),
            (ProductionAddress::AllAgents, ProductionAddress::External)
        );
        for unknown in ["/projects/x", "/projects/1/2/3/4", &format!("/projects/{id}/shots/x"), &format!("/projects/{id}/nothing")] {
            assert_eq!(ProductionAddress::read(unknown), ProductionAddress::Unknown, "{unknown}");
        }
    }
}
