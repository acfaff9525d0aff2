//! Which page of a production is at an address.

use proto::production::{ProjectId, ShotId};

/// A page of productions. To add one: a variant, its address in [`ProductionAddress::read`], its component in `root.rs`, and, where it belongs to a project, its link in `project_nav.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProductionAddress {
    Projects,
    Board(ProjectId),
    Shot(ProjectId, ShotId),
    Unknown,
}

impl ProductionAddress {
    /// `path`: `/projects`, or below it.
    pub fn read(path: &str) -> Self {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let project = parts.get(1).and_then(|id| id.parse().ok());
        match (parts.as_slice(), project) {
            (["projects"], _) => Self::Projects,
            (["projects", _], Some(project)) => Self::Board(project),
            (["projects", _, "shots", shot], Some(project)) => shot.parse().map_or(Self::Unknown, |shot| Self::Shot(project, shot)),
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
        }
    }
}

pub(super) fn board_url(project: ProjectId) -> String {
    format!("/projects/{project}")
}

pub(super) fn shot_url(project: ProjectId, shot: ShotId) -> String {
    format!("/projects/{project}/shots/{shot}")
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
        for unknown in ["/projects/x", "/projects/1/2/3/4", &format!("/projects/{id}/shots/x"), &format!("/projects/{id}/nothing")] {
            assert_eq!(ProductionAddress::read(unknown), ProductionAddress::Unknown, "{unknown}");
        }
    }
}
