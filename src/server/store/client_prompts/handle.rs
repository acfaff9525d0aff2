//! The store's functions for prompts of clients.

use proto::{gateway::HistoryPage, ids::TaskId, limits};
use rusqlite::{Connection, OptionalExtension, params};

use super::model::{OF_CLIENT, PromptsOf, StoredPrompt};
use crate::store::{Store, StoreError};

/// Errors of all of these: the database cannot be read or written.
impl Store {
    /// Those that are not in the history yet, the oldest first, and the number for the next: after all that any has.
    pub async fn client_prompts(&self) -> Result<(Vec<StoredPrompt>, u64), StoreError> {
        self.reading(|connection| {
            let mut rows = connection.prepare_cached("SELECT task, prompt FROM client_prompts WHERE ended IS NULL ORDER BY rowid")?;
            let rows = rows.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
            let mut found = Vec::new();
            for row in rows {
                let (task, prompt) = row?;
                match (task.parse(), serde_json::from_str(&prompt)) {
                    (Ok(task), Ok(prompt)) => found.push(StoredPrompt { task, prompt }),
                    _ => tracing::error!(task, "a prompt of a client cannot be read"),
                }
            }
            let largest: Option<f64> = connection.query_row(
                "SELECT MAX(ABS(json_extract(prompt, '$.number'))) FROM client_prompts WHERE json_type(prompt, '$.number') = 'integer'",
                [],
                |row| row.get(0),
            )?;
            Ok((found, largest.map_or(0, |largest| largest as u64 + 1)))
        })
        .await
    }

    /// The prompt of this id, whether it is in the history or not.
    pub async fn client_prompt(&self, prompt_id: String) -> Result<Option<StoredPrompt>, StoreError> {
        self.reading(move |connection| {
            let row: Option<(String, String)> = connection
                .prepare_cached("SELECT task, prompt FROM client_prompts WHERE prompt_id = ?1")?
                .query_row([prompt_id], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            Ok(row.and_then(|(task, prompt)| Some(StoredPrompt { task: task.parse().ok()?, prompt: serde_json::from_str(&prompt).ok()? })))
        })
        .await
    }

    /// Puts a prompt at the end of the history. `entry`: with its entry there and its job; without: it leaves the queue, and is in no history.
    pub async fn end_client_prompt(&self, task: TaskId, entry: Option<(String, String)>) -> Result<(), StoreError> {
        self.write(move |transaction| {
            let (entry, job) = entry.as_ref().map(|(entry, job)| (entry.as_str(), job.as_str())).unzip();
            transaction
                .prepare_cached(
                    "UPDATE client_prompts SET entry = ?2, job = ?3, ended = (SELECT COALESCE(MAX(ended), 0) + 1 FROM client_prompts)
                        WHERE task = ?1 AND ended IS NULL",
                )?
                .execute(params![task.to_string(), entry, job])?;
            // As ComfyUI does it: the oldest leave (`MAXIMUM_HISTORY_SIZE`).
            transaction
                .prepare_cached(
                    "UPDATE client_prompts SET entry = NULL, job = NULL WHERE entry IS NOT NULL AND ended <=
                        (SELECT ended FROM client_prompts WHERE entry IS NOT NULL ORDER BY ended DESC LIMIT 1 OFFSET ?1)",
                )?
                .execute([limits::GATEWAY_HISTORY])?;
            Ok(())
        })
        .await
    }

    /// An entry of the history, as JSON.
    pub async fn history_entry(&self, of: PromptsOf, prompt_id: String) -> Result<Option<String>, StoreError> {
        self.reading(move |connection| {
            let (submitter, client) = of.parameters();
            let entry: Option<Option<String>> = connection
                .prepare_cached(&format!("SELECT entry FROM client_prompts WHERE prompt_id = ?3 AND {OF_CLIENT}"))?
                .query_row(params![submitter, client, prompt_id], |row| row.get(0))
                .optional()?;
            Ok(entry.flatten())
        })
        .await
    }

    /// A part of the history, the oldest first: prompt ids and entries as JSON.
    pub async fn history_page(&self, of: PromptsOf, page: HistoryPage, most: usize) -> Result<Vec<(String, String)>, StoreError> {
        self.reading(move |connection| {
            let (submitter, client) = of.parameters();
            let (start, count) = page.range(history_length(connection, &of)?, most);
            let mut rows = connection.prepare_cached(&format!(
                "SELECT prompt_id, entry FROM client_prompts WHERE entry IS NOT NULL AND {OF_CLIENT} ORDER BY ended LIMIT ?3 OFFSET ?4"
            ))?;
            let [count, start] = [count, start].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
            let rows = rows.query_map(params![submitter, client, count, start], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The jobs of the history, as JSON.
    pub async fn finished_jobs(&self, of: PromptsOf) -> Result<Vec<String>, StoreError> {
        self.reading(move |connection| {
            let sql = format!("SELECT job FROM client_prompts WHERE entry IS NOT NULL AND {OF_CLIENT} ORDER BY ended");
            let mut rows = connection.prepare_cached(&sql)?;
            let rows = rows.query_map(of.parameters(), |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Takes entries out of the history; `None`: all. Their tasks stay.
    pub async fn clear_history(&self, of: PromptsOf, prompt_ids: Option<Vec<String>>) -> Result<(), StoreError> {
        self.write(move |transaction| {
            let (submitter, client) = of.parameters();
            let hide = format!("UPDATE client_prompts SET entry = NULL, job = NULL WHERE entry IS NOT NULL AND {OF_CLIENT}");
            match &prompt_ids {
                None => {
                    transaction.execute(&hide, params![submitter, client])?;
                }
                Some(ids) => {
                    let mut hide = transaction.prepare_cached(&format!("{hide} AND prompt_id = ?3"))?;
                    for id in ids {
                        hide.execute(params![submitter, client, id])?;
                    }
                }
            }
            Ok(())
        })
        .await
    }

    /// The task and the output that a file of this name belongs to, at a ComfyUI: the newest of a prompt of a client.
    pub async fn newest_output(&self, filename: String, subfolder: String, folder: String) -> Result<Option<(TaskId, u32)>, StoreError> {
        self.reading(move |connection| {
            let found: Option<(String, u32)> = connection
                .prepare_cached(
                    "SELECT media_outputs.task, media_outputs.output FROM media_outputs JOIN client_prompts USING (task)
                        WHERE json_extract(content, '$.file.filename') = ?1 AND json_extract(content, '$.file.subfolder') = ?2
                            AND json_extract(content, '$.file.folder') = ?3
                        ORDER BY client_prompts.rowid DESC LIMIT 1",
                )?
                .query_row([filename, subfolder, folder], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            Ok(found.and_then(|(task, output)| Some((task.parse().ok()?, output))))
        })
        .await
    }
}

fn history_length(connection: &Connection, of: &PromptsOf) -> Result<usize, StoreError> {
    let sql = format!("SELECT COUNT(*) FROM client_prompts WHERE entry IS NOT NULL AND {OF_CLIENT}");
    let length: i64 = connection.query_row(&sql, of.parameters(), |row| row.get(0))?;
    Ok(usize::try_from(length).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::store::{
        Added, NewClientPrompt, Origin, Stored,
        tests::{open, stored, task},
    };
    use proto::{gateway::ClientPrompt, task::Task, time::Timestamp};

    fn new(number: u64, prompt_id: &str) -> NewClientPrompt {
        let prompt = ClientPrompt {
            prompt_id: prompt_id.into(),
            client_id: Some("c".into()),
            number: number.into(),
            create_time: Timestamp(number),
            outputs: Vec::new(),
            fingerprint: 0,
            chooses_previews: false,
            submitter: None,
        };
        NewClientPrompt { task: TaskId(Uuid::from_u128(u128::from(number))), prompt }
    }

    async fn add(store: &Store, new: &NewClientPrompt) {
        let origin = Origin { prompt: Some(new.clone()), ..Origin::default() };
        let task = Task { id: new.task, ..task("x", 1) };
        assert_eq!(store.add(Stored { origin, ..stored(task) }, None).await.unwrap(), Added::New);
    }

    #[tokio::test]
    async fn a_prompt_is_in_the_queue_until_it_is_in_the_history() {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = open(folder.path());
        let (first, second, third) = (new(1, "a"), new(2, "b"), new(3, "c"));
        for prompt in [&first, &second, &third] {
            add(&store, prompt).await;
        }
        let queue =
            async |store: &Store| store.client_prompts().await.unwrap().0.into_iter().map(|kept| kept.prompt.prompt_id).collect::<String>();
        assert_eq!(queue(&store).await, "abc");
        store.end_client_prompt(second.task, Some(("{\"b\":1}".into(), "{}".into()))).await.unwrap();
        store.end_client_prompt(first.task, Some(("{\"a\":1}".into(), "{}".into()))).await.unwrap();
        store.end_client_prompt(third.task, None).await.unwrap();
        drop(store);
        let (store, _) = open(folder.path());
        assert_eq!((queue(&store).await.as_str(), store.client_prompts().await.unwrap().1), ("", 4));
        let all = || PromptsOf::Everybody;
        let page = store.history_page(all(), HistoryPage::default(), 10).await.unwrap();
        assert_eq!(page, [("b".into(), "{\"b\":1}".into()), ("a".into(), "{\"a\":1}".into())], "in the order of their ends");
        assert_eq!(store.history_entry(all(), "c".into()).await.unwrap(), None, "cancelled before it ran");
        store.clear_history(all(), Some(vec!["b".into()])).await.unwrap();
        assert_eq!(store.finished_jobs(all()).await.unwrap().len(), 1);
        store.clear_history(all(), None).await.unwrap();
        assert!(store.history_page(all(), HistoryPage::default(), 10).await.unwrap().is_empty());
        store.forget(first.task);
        store.flush().await.unwrap();
        add(&store, &new(4, "a")).await;
        assert_eq!(queue(&store).await, "a", "a newer prompt of the same id");
    }

    #[tokio::test]
    async fn the_history_of_a_client_has_only_its_own_prompts() {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = open(folder.path());
        for (number, submitter, client) in [(1, "anna", "c"), (2, "bert", "d"), (3, "anna", "d")] {
            let mut new = new(number, &number.to_string());
            (new.prompt.submitter, new.prompt.client_id) = (Some(submitter.into()), Some(client.into()));
            add(&store, &new).await;
            store.end_client_prompt(new.task, Some((format!("\"{number}\""), format!("\"{number}\"")))).await.unwrap();
        }
        let anna = || PromptsOf::Client { submitter: "anna".into(), client_id: None };
        let bert = || PromptsOf::Client { submitter: "bert".into(), client_id: Some("c".into()) };
        let ids = async |of: PromptsOf, page| {
            let page = store.history_page(of, page, 10).await.unwrap();
            page.into_iter().map(|(id, _)| id).collect::<String>()
        };
        assert_eq!((ids(anna(), HistoryPage::default()).await, ids(bert(), HistoryPage::default()).await), ("13".into(), "12".into()));
        assert_eq!(ids(anna(), HistoryPage { max_items: Some(1), offset: Some(1) }).await, "3", "places are counted among them");
        assert_eq!(store.finished_jobs(bert()).await.unwrap().concat(), "\"1\"\"2\"");
        assert_eq!(store.history_entry(anna(), "2".into()).await.unwrap(), None);
        assert!(store.history_entry(bert(), "2".into()).await.unwrap().is_some());
        store.clear_history(bert(), Some(vec!["3".into(), "2".into()])).await.unwrap();
        assert_eq!(ids(PromptsOf::Everybody, HistoryPage::default()).await, "13");
        store.clear_history(anna(), None).await.unwrap();
        assert_eq!(ids(PromptsOf::Everybody, HistoryPage::default()).await, "");
    }
}
