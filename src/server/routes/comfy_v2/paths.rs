//! Which paths belong to the Comfy API v2, and ids in them.

use proto::ids::TaskId;

use super::error::V2Error;

/// Errors of these paths have the bodies of the Comfy API v2.
pub(super) fn is_owned(path: &str) -> bool {
    let part = path.strip_prefix("/api/v2/").map(|rest| rest.split('/').next().unwrap_or_default());
    matches!(part, Some("jobs" | "assets" | "health"))
}

/// `{id}` of a job.
pub(super) fn job_id(text: &str) -> Result<TaskId, V2Error> {
    text.parse().map_err(|_| V2Error::no_job())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_jobs_assets_and_health_are_ours() {
        for (path, owned) in [
            ("/api/v2/jobs", true),
            ("/api/v2/jobs/1/events", true),
            ("/api/v2/assets/x", true),
            ("/api/v2/health", true),
            ("/api/v2/userdata", false),
            ("/api/v2/jobsx", false),
            ("/api/v2", false),
            ("/api/jobs", false),
        ] {
            assert_eq!(is_owned(path), owned, "{path}");
        }
    }
}
