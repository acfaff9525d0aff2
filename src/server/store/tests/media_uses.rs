//! The counters of files and their uses, against counting everything.

use proptest::prelude::*;
use rusqlite::{Connection, params};

use super::{super::media, *};

/// Changes of the rows that refer to files. Numbers name tasks, files and outputs of the gallery.
#[derive(Clone, Debug)]
enum Change {
    AddFile(u8, u16),
    RemoveFile(u8),
    AddThumbnail(u8, u16),
    AddTask(u8),
    RemoveTask(u8),
    AddOutput(u8, u8, Option<u8>),
    SetOutput(u8, u8, Option<u8>),
    AddPicture(u8),
    RemovePicture(u8),
    AddToGallery(u8, u8, bool),
    SetInGallery(u8, u8, bool),
    RemoveFromGallery(u8),
}

fn change() -> impl Strategy<Value = Change> {
    let few = || 0..3_u8;
    let file = || prop::option::of(0..3_u8);
    prop_oneof![
        (few(), any::<u16>()).prop_map(|(file, bytes)| Change::AddFile(file, bytes)),
        few().prop_map(Change::RemoveFile),
        (few(), any::<u16>()).prop_map(|(file, bytes)| Change::AddThumbnail(file, bytes)),
        few().prop_map(Change::AddTask),
        few().prop_map(Change::RemoveTask),
        (few(), few(), file()).prop_map(|(task, output, file)| Change::AddOutput(task, output, file)),
        (few(), few(), file()).prop_map(|(task, output, file)| Change::SetOutput(task, output, file)),
        few().prop_map(Change::AddPicture),
        few().prop_map(Change::RemovePicture),
        (few(), few(), any::<bool>()).prop_map(|(id, file, star)| Change::AddToGallery(id, file, star)),
        (few(), few(), any::<bool>()).prop_map(|(id, file, star)| Change::SetInGallery(id, file, star)),
        few().prop_map(Change::RemoveFromGallery),
    ]
}

fn make(connection: &Connection, change: &Change) {
    let file = |file: &u8| format!("file {file}");
    let task = |task: &u8| format!("task {task}");
    let run = |sql: &str, parameters: &[&dyn rusqlite::ToSql]| connection.execute(sql, parameters).unwrap();
    match change {
        Change::AddFile(a, bytes) => run(
            "INSERT INTO media_files (hash, bytes, mime, kept_at) VALUES (?1, ?2, '', 1) ON CONFLICT (hash) DO UPDATE SET kept_at = 2",
            params![file(a), bytes],
        ),
        Change::RemoveFile(a) => run("DELETE FROM media_files WHERE hash = ?1", params![file(a)]),
        Change::AddThumbnail(a, bytes) => {
            run("UPDATE media_files SET thumbnail_bytes = thumbnail_bytes + ?2 WHERE hash = ?1", params![file(a), bytes])
        }
        Change::AddTask(a) => run("INSERT OR IGNORE INTO tasks (id, created_at, final, task) VALUES (?1, 1, 1, '{}')", params![task(a)]),
        Change::RemoveTask(a) => run("DELETE FROM tasks WHERE id = ?1", params![task(a)]),
        Change::AddOutput(a, output, hash) => run(
            "INSERT OR IGNORE INTO media_outputs (task, output, attempt, backend, content, rank, state, hash, due_at)
                SELECT id, ?2, 1, '', '', 1, 'kept', ?3, 1 FROM tasks WHERE id = ?1",
            params![task(a), output, hash.as_ref().map(file)],
        ),
        Change::SetOutput(a, output, hash) => {
            run("UPDATE media_outputs SET hash = ?3 WHERE task = ?1 AND output = ?2", params![task(a), output, hash.as_ref().map(file)])
        }
        Change::AddPicture(a) => run(
            "INSERT INTO pictures (id, format, width, height, used_at) VALUES (?1, 'image/png', 1, 1, 1) ON CONFLICT (id) DO UPDATE SET used_at = 2",
            params![file(a)],
        ),
        Change::RemovePicture(a) => run("DELETE FROM pictures WHERE id = ?1", params![file(a)]),
        Change::AddToGallery(id, hash, star) => run(
            "INSERT OR IGNORE INTO gallery (id, output, attempt, hash, created_at, star, facts) VALUES (?1, 0, 0, ?2, 1, ?3, '{}')",
            params![id, file(hash), star],
        ),
        Change::SetInGallery(id, hash, star) => run("UPDATE gallery SET hash = ?2, star = ?3 WHERE id = ?1", params![id, file(hash), star]),
        Change::RemoveFromGallery(id) => run("DELETE FROM gallery WHERE id = ?1", params![id]),
    };
}

fn texts(connection: &Connection, sql: &str) -> Vec<String> {
    connection.prepare(sql).unwrap().query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

/// As all counters are, and as they should be.
fn compare(connection: &Connection) -> Result<(), TestCaseError> {
    let counted = texts(
        connection,
        "SELECT hash || ' ' || output_uses || ' ' || stars || ' ' || picture_uses FROM media_files
            UNION ALL SELECT files || ' ' || bytes || ' ' || output_bytes FROM media_totals ORDER BY 1",
    );
    let is_output = "(hash IN (SELECT hash FROM media_outputs WHERE hash IS NOT NULL) OR hash IN (SELECT hash FROM gallery))";
    let naive = texts(
        connection,
        &format!(
            "SELECT hash || ' ' || ((SELECT COUNT(*) FROM media_outputs AS o WHERE o.hash = f.hash) + (SELECT COUNT(*) FROM gallery AS g WHERE g.hash = f.hash))
                || ' ' || (SELECT COUNT(*) FROM gallery AS g WHERE g.hash = f.hash AND star = 1)
                || ' ' || (SELECT COUNT(*) FROM pictures WHERE id = f.hash) FROM media_files AS f
            UNION ALL SELECT COUNT(*) || ' ' || COALESCE(SUM(bytes + thumbnail_bytes), 0)
                || ' ' || COALESCE(SUM((bytes + thumbnail_bytes) * {is_output}), 0) FROM media_files ORDER BY 1"
        ),
    );
    prop_assert_eq!(counted, naive);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]
    #[test]
    fn counters_of_files_are_exact_after_any_changes(changes in proptest::collection::vec(change(), 20..100)) {
        let folder = tempfile::tempdir().unwrap();
        drop(open(folder.path()));
        let connection = other_connection(folder.path());
        connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA synchronous = OFF;").unwrap();
        for change in &changes {
            make(&connection, change);
            compare(&connection)?;
        }
    }
}

#[test]
fn a_database_with_files_gets_counters_of_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let connection = other_connection(folder.path());
    let changes = [
        Change::AddFile(0, 10),
        Change::AddFile(1, 20),
        Change::AddFile(2, 40),
        Change::AddTask(0),
        Change::AddOutput(0, 0, Some(0)),
        Change::AddToGallery(0, 0, true),
        Change::AddPicture(1),
    ];
    changes.iter().for_each(|change| make(&connection, change));
    // As the version before this migration left it.
    let names = texts(&connection, "SELECT name FROM sqlite_schema WHERE type = 'trigger'");
    for name in names {
        connection.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    connection
        .execute_batch(
            "DROP TABLE replica_position; DROP TABLE client_prompts; DROP TABLE asset_keys; DROP TABLE task_metadata; DROP TABLE task_assets; DROP TABLE assets;
            DROP TABLE story_sessions; DROP TABLE dailies_shares; DROP TABLE production_log_forgotten; DROP TABLE production_log; DROP TABLE agent_handoffs; DROP TABLE agents;
            DROP TABLE narrative_structures; DROP TABLE take_workflows; DROP TABLE takes; DROP TABLE production_objects; DROP TABLE projects;
            DROP TABLE external_news; DROP TABLE external_tasks; DROP TABLE external_workers; DROP TABLE external_events;
            DROP INDEX media_files_unused; DROP INDEX media_files_to_expire; DROP TABLE media_totals;
            ALTER TABLE media_files DROP COLUMN output_uses; ALTER TABLE media_files DROP COLUMN stars;
            ALTER TABLE media_files DROP COLUMN picture_uses; ALTER TABLE gallery_actions DROP COLUMN to_list;
            PRAGMA user_version = 13;",
        )
        .unwrap();
    drop(connection);
    drop(open(folder.path()));
    compare(&other_connection(folder.path())).unwrap();
}

#[test]
fn what_is_asked_every_minute_reads_an_index_in_its_order() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let connection = other_connection(folder.path());
    for sql in [media::UNREFERENCED, media::TO_EXPIRE] {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let plan: Vec<String> = statement.query_map([50], |row| row.get(3)).unwrap().collect::<Result<_, _>>().unwrap();
        assert!(plan[0].starts_with("SCAN media_files USING") && plan[0].contains("INDEX media_files_"), "{plan:?}");
        let rest = plan[1..].iter().all(|step| !step.contains("TEMP B-TREE") && !step.starts_with("SCAN "));
        assert!(rest, "{plan:?}");
    }
}
