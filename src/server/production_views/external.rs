//! The page of other programs' tasks.

use proto::{
    external::{ExternalJoin, ExternalTask},
    limits,
    production::{
        ProductionNode, ProductionProblem, ProjectId, Shot, ShotId,
        views::{ExternalGroup, ExternalLine, ExternalPage, ExternalQuery, JoinedShot, RedisLink, RedisPart, WorkerLine},
    },
};

use crate::{
    AppState,
    external::{ExternalRequestError, RedisState, RedisStatus},
    store::{ExternalFilter, ObjectQuery, StoreError},
};

pub(super) async fn page(state: &AppState, query: ExternalQuery) -> Result<ExternalPage, StoreError> {
    let external = state.external();
    let filter = ExternalFilter {
        states: query.group.states().to_vec(),
        worker: query.worker.clone(),
        stale: (query.group == ExternalGroup::Stale).then_some(true),
        ..ExternalFilter::default()
    };
    // One more, to know whether there are more.
    let mut stored = external.tasks(filter, query.before, limits::EXTERNAL_SHOWN + 1).await?;
    let has_more = stored.len() > limits::EXTERNAL_SHOWN as usize;
    stored.truncate(limits::EXTERNAL_SHOWN as usize);
    let next = stored.last().filter(|_| has_more).map(|last| last.number);
    let mut tasks = Vec::with_capacity(stored.len());
    for line in stored {
        let shot = joined_shot(state, &line.task.join).await;
        tasks.push(ExternalLine { number: line.number, task: shown(line.task), shot });
    }
    let workers = external.workers().await?.into_iter().map(|(worker, presence)| WorkerLine { worker, presence }).collect();
    Ok(ExternalPage { query, tasks, next, workers, redis: redis(external.redis_status()) })
}

/// Without the larger part of a long result, of which a page shows the beginning.
fn shown(mut task: ExternalTask) -> ExternalTask {
    if let Some(result) = &mut task.result
        && result.text.chars().count() > limits::EXTERNAL_MESSAGE
    {
        result.text = result.text.chars().take(limits::EXTERNAL_MESSAGE).collect();
        result.is_cut = true;
    }
    task
}

fn redis(status: RedisStatus) -> RedisPart {
    let link = match status.state {
        RedisState::Off => RedisLink::Off,
        RedisState::Connecting => RedisLink::Connecting,
        RedisState::Connected => RedisLink::Connected,
        RedisState::Reconnecting => RedisLink::Reconnecting,
        RedisState::Failed => RedisLink::Failed,
    };
    RedisPart { link, address: status.address, why: status.why, since: status.since }
}

/// The shot that a task belongs to, if what it was joined by names one: by its id, by its codes (`S001_P001`), or by a node of it.
async fn joined_shot(state: &AppState, join: &ExternalJoin) -> Option<JoinedShot> {
    let productions = state.productions();
    let project: ProjectId = join.project.as_ref()?.id.parse().ok()?;
    let named = join.shot.as_ref().map(|shot| shot.id.as_str());
    let shot = match named {
        Some(id) if id.parse::<ShotId>().is_ok() => productions.object::<Shot>(project, id.to_owned()).await.ok()?,
        Some(codes) => {
            let query = ObjectQuery { text: Some(codes.to_owned()), limit: limits::PRODUCTION_FIRST_PAGE, ..ObjectQuery::default() };
            let found = productions.objects::<Shot>(project, query).await.ok()?;
            found.objects.into_iter().find(|shot| format!("{}_{}", shot.scene_id, shot.code) == codes)?
        }
        None => {
            let node = productions.object::<ProductionNode>(project, join.node.as_ref()?.id.clone()).await.ok()?;
            productions.object::<Shot>(project, node.fields.shot?.to_string()).await.ok()?
        }
    };
    let label = format!("{} {} {}", shot.scene_id, shot.code, shot.fields.title).trim().to_owned();
    Some(JoinedShot { label, href: format!("/projects/{project}/shots/{}", shot.id) })
}

pub(super) fn problem(error: ExternalRequestError) -> ProductionProblem {
    let message = error.to_string();
    match error {
        ExternalRequestError::Unknown(_) => ProductionProblem::NotFound(message),
        ExternalRequestError::Ended(_) | ExternalRequestError::NotCelery(_) => ProductionProblem::Refused { field: String::new(), message },
        ExternalRequestError::NotConfigured | ExternalRequestError::NotConnected(_) | ExternalRequestError::Store(_) => {
            ProductionProblem::Unavailable(message)
        }
    }
}
