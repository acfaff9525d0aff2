//! `GET /api/jobs`: which jobs, in which order, and which part of them.

use std::cmp::Reverse;

use serde_json::{Value, json};

/// A checked query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobQuery {
    statuses: Option<Vec<String>>,
    workflow_id: Option<String>,
    by_duration: bool,
    ascending: bool,
    limit: Option<usize>,
    offset: usize,
}

const STATUSES: [&str; 5] = ["pending", "in_progress", "completed", "failed", "cancelled"];

impl JobQuery {
    /// Reads the parameters; `get` gives the value of one.
    ///
    /// # Errors
    /// ComfyUI's words for what is wrong.
    pub fn parse<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Result<Self, String> {
        let word = |name: &str, default: &str| get(name).unwrap_or(default).to_lowercase();
        let by_duration = match word("sort_by", "created_at").as_str() {
            "created_at" => false,
            "execution_duration" => true,
            _ => return Err("sort_by must be 'created_at' or 'execution_duration'".to_owned()),
        };
        let ascending = match word("sort_order", "desc").as_str() {
            "asc" => true,
            "desc" => false,
            _ => return Err("sort_order must be 'asc' or 'desc'".to_owned()),
        };
        let limit = match get("limit").map(|text| text.trim().parse::<i64>()) {
            None => None,
            Some(Ok(limit @ 1..)) => usize::try_from(limit).ok(),
            Some(Ok(_)) => return Err("limit must be a positive integer".to_owned()),
            Some(Err(_)) => return Err("limit must be an integer".to_owned()),
        };
        let offset = match get("offset").map(|text| text.trim().parse::<i64>()) {
            None => 0,
            Some(Ok(offset)) => usize::try_from(offset).unwrap_or(0),
            Some(Err(_)) => return Err("offset must be an integer".to_owned()),
        };
        let statuses = get("status").filter(|wanted| !wanted.is_empty()).map(statuses).transpose()?;
        let workflow_id = get("workflow_id").filter(|id| !id.is_empty()).map(str::to_owned);
        Ok(Self { statuses, workflow_id, by_duration, ascending, limit, offset })
    }

    /// The answer, of all jobs.
    #[must_use]
    pub fn answer(&self, mut jobs: Vec<Value>) -> Value {
        jobs.retain(|job| {
            let is_wanted = |statuses: &Vec<String>| statuses.iter().any(|status| job["status"] == **status);
            self.statuses.as_ref().is_none_or(is_wanted) && self.workflow_id.as_ref().is_none_or(|id| job["workflow_id"] == **id)
        });
        let key = |job: &Value| {
            let time = |name: &str| job[name].as_u64().unwrap_or(0);
            if self.by_duration { time("execution_end_time").saturating_sub(time("execution_start_time")) } else { time("create_time") }
        };
        if self.ascending {
            jobs.sort_by_key(key);
        } else {
            // Stable, like Python's `sort(reverse=True)`.
            jobs.sort_by_key(|job| Reverse(key(job)));
        }
        let total = jobs.len();
        let page: Vec<Value> = jobs.into_iter().skip(self.offset).take(self.limit.unwrap_or(usize::MAX)).collect();
        let has_more = self.offset.saturating_add(page.len()) < total;
        json!({"jobs": page, "pagination": {"offset": self.offset, "limit": self.limit, "total": total, "has_more": has_more}})
    }
}

fn statuses(wanted: &str) -> Result<Vec<String>, String> {
    let wanted: Vec<String> = wanted.split(',').map(|word| word.trim().to_lowercase()).filter(|word| !word.is_empty()).collect();
    let unknown: Vec<&str> = wanted.iter().map(String::as_str).filter(|word| !STATUSES.contains(word)).collect();
    if unknown.is_empty() {
        return Ok(wanted);
    }
    Err(format!("Invalid status value(s): {}. Valid values: {}", unknown.join(", "), STATUSES.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query<'a>(pairs: &'a [(&'a str, &'a str)]) -> Result<JobQuery, String> {
        JobQuery::parse(|name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| *value))
    }

    #[test]
    fn jobs_are_filtered_sorted_and_cut() {
        let jobs = || {
            vec![
                json!({"id": "a", "status": "completed", "create_time": 1, "execution_start_time": 0, "execution_end_time": 9}),
                json!({"id": "b", "status": "pending", "create_time": 3}),
                json!({"id": "c", "status": "failed", "create_time": 2, "workflow_id": "w"}),
            ]
        };
        let ids = |pairs: &[(&str, &str)]| {
            let answer = query(pairs).unwrap().answer(jobs());
            let ids: Vec<String> = answer["jobs"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect();
            (ids.concat(), answer["pagination"].clone())
        };
        assert_eq!(ids(&[]).0, "bca");
        assert_eq!(ids(&[("sort_order", "asc")]).0, "acb");
        assert_eq!(ids(&[("sort_by", "execution_duration")]).0, "abc");
        assert_eq!(ids(&[("status", "failed, completed")]).0, "ca");
        assert_eq!(ids(&[("workflow_id", "w")]).0, "c");
        let page = json!({"offset": 1, "limit": 1, "total": 3, "has_more": true});
        assert_eq!(ids(&[("limit", "1"), ("offset", "1")]), ("c".to_owned(), page));
        assert_eq!(ids(&[("offset", "-5")]).1, json!({"offset": 0, "limit": null, "total": 3, "has_more": false}));
    }

    #[test]
    fn what_is_wrong_is_said_in_comfyuis_words() {
        assert_eq!(query(&[("limit", "0")]).unwrap_err(), "limit must be a positive integer");
        assert_eq!(query(&[("limit", "x")]).unwrap_err(), "limit must be an integer");
        assert_eq!(query(&[("offset", "x")]).unwrap_err(), "offset must be an integer");
        assert!(query(&[("status", "done")]).unwrap_err().starts_with("Invalid status value(s): done. Valid values: pending"));
        assert!(query(&[("sort_by", "x")]).is_err() && query(&[("sort_order", "x")]).is_err());
    }
}
