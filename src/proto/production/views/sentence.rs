//! Events as sentences. Pure.

use crate::production::{
    AssetKind, NarrativePlace, NodeStatus, ProcessReport, ProductionEvent, ProductionNode, Stamp, StructureChanges, Take, TakeReview,
    TakeState,
};

/// Names in a sentence about the structure.
const NAMED: usize = 6;

/// What happened, in one sentence.
pub(super) fn sentence(event: &ProductionEvent) -> String {
    match event {
        ProductionEvent::ProjectCreated { data } => format!("The project {} was created.", quoted(&data.fields.title)),
        ProductionEvent::ProjectUpdated { data } if data.archived_at.is_some() => {
            format!("The project {} was put away, or changed while it is.", quoted(&data.fields.title))
        }
        ProductionEvent::ProjectUpdated { data } => format!("The project {} was changed.", quoted(&data.fields.title)),
        ProductionEvent::ProjectDeleted { data } => format!("The project {} was moved to the trash.", quoted(&data.fields.title)),
        ProductionEvent::ChapterChanged { chapter } => object(&format!("The chapter {}", quoted(&chapter.fields.title)), &chapter.stamp),
        ProductionEvent::SceneChanged { scene } => {
            object(&format!("The scene {} {}", scene.code, quoted(&scene.fields.title)), &scene.stamp)
        }
        ProductionEvent::ShotChanged { shot } => {
            let title = if shot.fields.title.is_empty() { String::new() } else { format!(" {}", quoted(&shot.fields.title)) };
            object(&format!("The shot {} {}{title}", shot.scene_id, shot.code), &shot.stamp)
        }
        ProductionEvent::AssetChanged { asset } => {
            let kind = match asset.fields.kind {
                AssetKind::Character => "character",
                AssetKind::Style => "style",
                AssetKind::Location => "location",
                AssetKind::Prop => "prop",
                AssetKind::Sound => "sound",
            };
            object(&format!("The {kind} {}", quoted(&asset.fields.name)), &asset.stamp)
        }
        ProductionEvent::CastChanged { cast } => match &cast.stamp {
            Stamp { deleted_at: Some(_), .. } => "An asset was taken out of a shot.".into(),
            Stamp { version: 1, .. } => "An asset was put into a shot.".into(),
            _ => "How an asset is in a shot was changed.".into(),
        },
        ProductionEvent::BeatChanged { beat } => object(&format!("The beat {}", quoted(&beat.fields.beat)), &beat.stamp),
        ProductionEvent::FileUploaded { file } => format!("The file {} was uploaded.", file.path),
        ProductionEvent::FileDeleted { file } => format!("The file {} was deleted.", file.path),
        ProductionEvent::ProcessStarted(process) => process_words(process, "began"),
        ProductionEvent::ProcessProgress(process) => process_words(process, "goes on"),
        ProductionEvent::ProcessCompleted(process) => process_words(process, "ended"),
        ProductionEvent::TaskProgress(task) => match &task.message {
            Some(message) => format!("The task {} is {}: {message}", task.task_id, task.state),
            None => format!("The task {} is {}.", task.task_id, task.state),
        },
        ProductionEvent::NodeStateChanged { node, .. } => node_words(node),
        ProductionEvent::GenerationStarted { node_id, take_number, .. } => format!("The node {node_id} generates take {take_number}."),
        ProductionEvent::GenerationCompleted { node_id, output_path, .. } => format!("The node {node_id} made {output_path}."),
        ProductionEvent::GenerationError { node_id, error, .. } => format!("The node {node_id} failed: {error}"),
        ProductionEvent::TakeCreated { take } => format!("{} was begun.", take_words(take)),
        ProductionEvent::TakeUpdated { take } => match take.state {
            TakeState::Generating => format!("{} is generated.", take_words(take)),
            TakeState::Completed => format!("{} is finished.", take_words(take)),
            TakeState::Failed => {
                format!("{} failed{}", take_words(take), take.error.as_ref().map_or_else(|| ".".into(), |error| format!(": {error}")))
            }
            TakeState::Cancelled => format!("{} was cancelled.", take_words(take)),
        },
        ProductionEvent::TakeSelected { node } => match (node.run.current_take, node.run.chosen) {
            (Some(number), true) => format!("{}: take {number} was chosen as the current one.", of_node(node)),
            (Some(number), false) => format!("{}: the current take is the newest again, take {number}.", of_node(node)),
            (None, _) => format!("{}: there is no current take any more.", of_node(node)),
        },
        ProductionEvent::TakeReviewed { take } => review_words(take),
        ProductionEvent::TakeTrashed { take } => format!("{} was moved to the trash.", take_words(take)),
        ProductionEvent::TakeRestored { take } => format!("{} was restored.", take_words(take)),
        ProductionEvent::AgentAssigned { agent_type, task_description, .. } => format!("{agent_type} began: {task_description}"),
        ProductionEvent::AgentProgress { agent_type, progress, .. } => format!("{agent_type} is at {progress:.0} %."),
        ProductionEvent::AgentCompleted { agent_type, handoff_to: Some(to), .. } => {
            format!("{agent_type} completed its work, and {to} goes on.")
        }
        ProductionEvent::AgentCompleted { agent_type, .. } => format!("{agent_type} completed its work."),
        ProductionEvent::AgentHandedOff { agent_type, handoff_to, .. } => format!("{agent_type} handed its work on to {handoff_to}."),
        ProductionEvent::AgentStale { agent_type, .. } => format!("{agent_type} has been silent for a while."),
        ProductionEvent::PromptComposite { node_id, .. } => match node_id {
            Some(node) => format!("The prompt of the node {node} was assembled."),
            None => "A prompt was assembled.".into(),
        },
        ProductionEvent::NarrativeBeat { beat_name, scene_id, .. } => match scene_id {
            Some(scene) => format!("The beat {} was reached in {scene}.", quoted(beat_name)),
            None => format!("The beat {} was reached.", quoted(beat_name)),
        },
        ProductionEvent::NarrativeMoved { progress } => place_words(&progress.place),
        ProductionEvent::StructureChanged { changes } => structure_words(changes),
        ProductionEvent::GitCommit(report) => git_words("A commit", report.message.as_deref(), report.author.as_deref()),
        ProductionEvent::GitPush(report) => git_words("A push", report.reference.as_deref(), report.author.as_deref()),
        ProductionEvent::GitPull(report) => git_words("A pull", report.reference.as_deref(), report.author.as_deref()),
    }
}

fn quoted(name: &str) -> String {
    format!("\u{201c}{name}\u{201d}")
}

fn object(what: &str, stamp: &Stamp) -> String {
    let verb = match stamp {
        Stamp { deleted_at: Some(_), .. } => "was moved to the trash",
        Stamp { version: 1, .. } => "was added",
        _ => "was changed",
    };
    format!("{what} {verb}.")
}

fn process_words(process: &ProcessReport, verb: &str) -> String {
    match &process.message {
        Some(message) => format!("The process {} {verb}: {message}", process.process_id),
        None => format!("The process {} {verb}.", process.process_id),
    }
}

/// "S001 P002" where it is of a shot, else its id.
fn of_node(node: &ProductionNode) -> String {
    match (node.scene_id, node.shot_id) {
        (Some(scene), Some(shot)) => format!("{scene} {shot}"),
        _ => format!("The node {}", node.node_id),
    }
}

fn node_words(node: &ProductionNode) -> String {
    if node.stamp.deleted_at.is_some() {
        return format!("{}: its node was moved to the trash.", of_node(node));
    }
    let place = of_node(node);
    match node.run.status {
        NodeStatus::Idle => format!("{place} waits for its first take."),
        NodeStatus::Generating => format!("{place} is being generated."),
        NodeStatus::Completed => match node.run.current_take {
            Some(number) => format!("{place} is completed: take {number} is the current one."),
            None => format!("{place} is completed."),
        },
        NodeStatus::Error => match &node.run.error {
            Some(error) => format!("{place} has an error: {error}"),
            None => format!("{place} has an error."),
        },
    }
}

fn take_words(take: &Take) -> String {
    match (take.scene_id, take.shot_id) {
        (Some(scene), Some(shot)) => format!("Take {} of {scene} {shot}", take.take_number),
        _ => format!("Take {} of the node {}", take.take_number, take.node_id),
    }
}

fn review_words(take: &Take) -> String {
    let fields = &take.fields;
    let verb = match fields.review {
        TakeReview::Neutral => "was reviewed",
        TakeReview::Approved => "was approved",
        TakeReview::Rejected => "was rejected",
        TakeReview::Retake => "is to be made again",
    };
    let rating = if fields.rating > 0 { format!(", {} of 5", fields.rating) } else { String::new() };
    let note = if fields.note.trim().is_empty() { ".".into() } else { format!(": {}", quoted(fields.note.trim())) };
    format!("{} {verb}{rating}{note}", take_words(take))
}

fn place_words(place: &NarrativePlace) -> String {
    let parts = [
        place.current_chapter.map(|number| format!("chapter {number}")),
        place.current_scene.map(|code| code.to_string()),
        place.current_shot.map(|code| code.to_string()),
        place.current_beat.as_ref().map(|beat| format!("beat {}", quoted(beat))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "The story is nowhere yet.".into() } else { format!("The story is at {}.", parts.join(", ")) }
}

fn structure_words(changes: &StructureChanges) -> String {
    let part = |verb: &str, names: &[String]| {
        if names.is_empty() {
            return None;
        }
        let more = names.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let named: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
        Some(format!("{verb} {}{more}", named.join(", ")))
    };
    let parts = [part("added", &changes.added), part("moved", &changes.modified), part("removed", &changes.deleted)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "The structure was changed.".into() } else { format!("In the structure: {}.", parts.join("; ")) }
}

fn git_words(what: &str, text: Option<&str>, author: Option<&str>) -> String {
    let by = author.map(|author| format!(" by {author}")).unwrap_or_default();
    let text = text.map(|text| format!(": {}", text.lines().next().unwrap_or_default())).unwrap_or_default();
    format!("{what}{by}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::production::{
        PRODUCTION_EVENT_NAMES, TakeFields,
        tests::support::{node, take},
        views::ActivityKind,
    };

    #[test]
    fn what_people_say_of_a_take_is_in_the_sentence() {
        let of = |fields: TakeFields| {
            let take = Take { fields, ..take(3) };
            sentence(&ProductionEvent::TakeReviewed { take: Box::new(take) })
        };
        let note = "too dark".to_owned();
        assert_eq!(
            of(TakeFields { rating: 2, review: TakeReview::Retake, note, ..TakeFields::default() }),
            "Take 3 of S001 P002 is to be made again, 2 of 5: \u{201c}too dark\u{201d}"
        );
        assert_eq!(of(TakeFields { review: TakeReview::Approved, ..TakeFields::default() }), "Take 3 of S001 P002 was approved.");
    }

    #[test]
    fn a_node_without_a_shot_is_named_by_its_id() {
        let mut node = node();
        node.run.status = NodeStatus::Error;
        node.run.error = Some("out of memory".into());
        let told = |node: &ProductionNode| sentence(&ProductionEvent::NodeStateChanged { node: Box::new(node.clone()), takes: Vec::new() });
        assert_eq!(told(&node), "S001 P002 has an error: out of memory");
        (node.scene_id, node.shot_id) = (None, None);
        assert_eq!(told(&node), "The node node-1 has an error: out of memory");
    }

    #[test]
    fn long_lists_are_counted() {
        let added: Vec<String> = (1..=9).map(|number| format!("S00{number}")).collect();
        let changes = StructureChanges { added, deleted: vec!["S010".into()], ..StructureChanges::default() };
        assert_eq!(
            sentence(&ProductionEvent::StructureChanged { changes }),
            "In the structure: added S001, S002, S003, S004, S005, S006 and 3 more; removed S010."
        );
    }

    /// A new event is in a group that people can choose.
    #[test]
    fn every_event_is_of_a_kind() {
        for name in PRODUCTION_EVENT_NAMES {
            assert_ne!(ActivityKind::of(name), ActivityKind::All, "{name}");
        }
        let listed: usize = ActivityKind::ALL.iter().map(|kind| kind.events().len()).sum();
        assert_eq!(listed, PRODUCTION_EVENT_NAMES.len());
    }
}
