//! What an output was made from and what was made from it, some steps back and forth.

use proto::limits;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use super::{
    model::{GalleryItem, GallerySource, Lineage, LineageMember, LineageRest},
    read::{item, items},
    results::raw,
};

/// Of an output that is not there: nothing.
pub(super) fn lineage(connection: &Connection, id: i64) -> rusqlite::Result<Lineage> {
    let mut lineage = Lineage::default();
    let Some(output) = item(connection, id)? else { return Ok(lineage) };
    lineage.members.push(LineageMember { generation: 0, source: GallerySource::Output(Box::new(output)) });
    for generation in 1..=limits::GALLERY_ANCESTORS {
        add_sources(connection, -generation, &mut lineage)?;
    }
    for generation in 1..=limits::GALLERY_DESCENDANTS {
        add_results(connection, generation, &mut lineage)?;
    }
    Ok(lineage)
}

impl Lineage {
    /// The outputs of a generation, with their places.
    fn outputs_of(&self, generation: i8) -> Vec<(usize, GalleryItem)> {
        let output = |(place, member): (usize, &LineageMember)| match &member.source {
            GallerySource::Output(item) if member.generation == generation => Some((place, (**item).clone())),
            _ => None,
        };
        self.members.iter().enumerate().filter_map(output).collect()
    }

    fn place_of(&self, source: &GallerySource) -> Option<usize> {
        self.members.iter().position(|member| is_same(&member.source, source))
    }

    /// Only to a later generation: the bytes of an output may be made from themselves, over any number of steps.
    fn add_edge(&mut self, from: usize, to: usize) {
        let generation = |place: usize| self.members.get(place).map(|member| member.generation);
        if generation(from) < generation(to) && !self.edges.contains(&(from, to)) {
            self.edges.push((from, to));
        }
    }

    fn add_rest(&mut self, rest: LineageRest) {
        if rest.count > 0 {
            self.left_out.push(rest);
        }
    }
}

fn is_same(one: &GallerySource, other: &GallerySource) -> bool {
    match (one, other) {
        (GallerySource::Output(one), GallerySource::Output(other)) => one.id == other.id,
        (one, other) => one == other,
    }
}

/// Adds what the generation after this one was made from.
fn add_sources(connection: &Connection, generation: i8, lineage: &mut Lineage) -> rusqlite::Result<()> {
    let mut shown = 0;
    let mut rest: Vec<GallerySource> = Vec::new();
    for (child_place, child) in lineage.outputs_of(generation + 1) {
        let mut statement = connection.prepare_cached("SELECT parent_hash FROM gallery_parents WHERE child = ?1 ORDER BY parent_hash")?;
        let hashes = statement.query_map([raw(child.id)], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
        for hash in hashes {
            let Some(source) = source(connection, hash, &child)? else { continue };
            if let Some(place) = lineage.place_of(&source) {
                lineage.add_edge(place, child_place);
            } else if shown < limits::GALLERY_GENERATION {
                shown += 1;
                lineage.members.push(LineageMember { generation, source });
                lineage.add_edge(lineage.members.len() - 1, child_place);
            } else if !rest.iter().any(|other| is_same(other, &source)) {
                rest.push(source);
            }
        }
    }
    let count = rest.len() as u64;
    let output = |source| if let GallerySource::Output(item) = source { Some(*item) } else { None };
    let outputs = rest.into_iter().filter_map(output).take(limits::GALLERY_LINEAGE).collect();
    lineage.add_rest(LineageRest { generation, count, outputs });
    Ok(())
}

/// What has these bytes. `None`: nothing but the child itself.
fn source(connection: &Connection, hash: String, child: &GalleryItem) -> rusqlite::Result<Option<GallerySource>> {
    let find = |sql: &str| -> rusqlite::Result<Option<i64>> {
        connection.prepare_cached(sql)?.query_row(params![hash, raw(child.id)], |row| row.get(0)).optional()
    };
    let mut output = find("SELECT id FROM gallery WHERE hash = ?1 AND id < ?2 ORDER BY id DESC LIMIT 1")?;
    if output.is_none() {
        // The times of imported files may be wrong.
        output = find("SELECT id FROM gallery WHERE hash = ?1 AND id > ?2 ORDER BY id LIMIT 1")?;
    }
    if let Some(output) = output.and_then(|id| item(connection, id).transpose()) {
        return Ok(Some(GallerySource::Output(Box::new(output?))));
    }
    let is_picture: bool =
        connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM pictures WHERE id = ?1)")?.query_row([&hash], |row| row.get(0))?;
    Ok(match is_picture {
        true => Some(GallerySource::Picture(hash)),
        false if child.file.hash == hash => None,
        false => Some(GallerySource::Gone(hash)),
    })
}

/// Adds what was made from the generation before this one, the newest first.
fn add_results(connection: &Connection, generation: i8, lineage: &mut Lineage) -> rusqlite::Result<()> {
    const CHILDREN: &str = "FROM gallery_parents
        WHERE parent_hash IN (SELECT value FROM json_each(?1)) AND child NOT IN (SELECT value FROM json_each(?2))";
    let parents = lineage.outputs_of(generation - 1);
    let hashes = json!(parents.iter().map(|(_, parent)| parent.file.hash.as_str()).collect::<Vec<_>>()).to_string();
    let known = lineage.members.iter().filter_map(|member| match &member.source {
        GallerySource::Output(item) => Some(raw(item.id)),
        GallerySource::Picture(_) | GallerySource::Gone(_) => None,
    });
    let known = json!(known.collect::<Vec<_>>()).to_string();
    let count: u64 = connection
        .prepare_cached(&format!("SELECT COUNT(DISTINCT child) {CHILDREN}"))?
        .query_row([&hashes, &known], |row| row.get::<_, i64>(0))?
        .cast_unsigned();
    let limit = i64::try_from(limits::GALLERY_GENERATION + limits::GALLERY_LINEAGE).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(&format!("SELECT DISTINCT child {CHILDREN} ORDER BY child DESC LIMIT ?3"))?;
    let ids = statement.query_map(params![hashes, known, limit], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    let (shown, rest) = ids.split_at(ids.len().min(limits::GALLERY_GENERATION));
    for output in items(connection, shown)? {
        let id = raw(output.id);
        let place = lineage.members.len();
        lineage.members.push(LineageMember { generation, source: GallerySource::Output(Box::new(output)) });
        for (parent_place, parent) in &parents {
            let is_parent: bool = connection
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM gallery_parents WHERE child = ?1 AND parent_hash = ?2)")?
                .query_row(params![id, parent.file.hash], |row| row.get(0))?;
            if is_parent {
                lineage.add_edge(*parent_place, place);
            }
        }
    }
    let outputs = items(connection, rest)?;
    lineage.add_rest(LineageRest { generation, count: count.saturating_sub(shown.len() as u64), outputs });
    Ok(())
}
