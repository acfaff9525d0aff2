//! Productions: projects with chapters, scenes, shots and takes, what they are made with, and what happens to them.
//!
//! The words are those of STORY-009 and of auteur-movie-director, which it comes from; names on the wire keep their spelling (snake_case). Everything here is pure:
//! time is an argument.

mod agent;
mod assemble;
mod asset;
mod beat;
mod changed;
mod chapter;
mod check;
mod code;
mod composite;
mod drawing;
mod event;
#[cfg(feature = "export")]
pub mod export;
mod generate;
mod ids;
mod moment;
mod narrative;
mod node;
mod object;
mod pages;
mod position;
mod presets;
mod project;
mod quality;
mod review;
mod scene;
mod shot;
mod structure;
mod structures;
mod take;
#[cfg(test)]
mod tests;
pub mod views;
mod vram;

pub use self::{
    agent::{AGENT_TYPES, AgentActivity, AgentHandoff, AgentReport, AgentStatus, handoff_chain},
    assemble::{PromptIngredients, PromptPartChange, StalePart, assemble, stale_parts},
    asset::{Asset, AssetFields, AssetKind, AssetLora, Cast, CastFields},
    beat::{BeatFields, EmotionalBeat},
    changed::ToldObject,
    chapter::{Chapter, ChapterFields},
    check::{FieldProblem, check_line, check_list, check_optional_line, check_range, check_text},
    code::{BadCode, SceneCode, ShotCode, render_path, take_name},
    composite::{BadPartSource, CompositePart, CompositePrompt, CompositeSpan, LoraModel, PartSource},
    drawing::{DRAWING_SIZE, DrawnColor, DrawnLine, check_drawing},
    event::{
        ExternalProgress, GitReport, PRODUCTION_EVENT_NAMES, ProcessReport, ProductionEvent, ProductionRecord, ProjectFile,
        StructureChanges,
    },
    generate::{GenerateContext, GenerateRequest, NewGeneration, SeedNumber},
    ids::{AssetId, BadNodeId, BeatId, CastId, ChapterId, ProductionNodeId, ProjectId, SceneId, ShotId, TakeId},
    moment::{BadMoment, Moment},
    narrative::{NarrativePlace, NarrativeProgress},
    node::{NodeFields, NodeRun, NodeStatus, ProductionNode, TakeOutline, current_take, node_status},
    object::{ObjectKind, ProductionObject, Stamp},
    pages::{
        AsJson, Board, BoardAsset, BoardCast, BoardChapter, BoardCounts, BoardFilter, BoardNode, BoardRun, BoardScene, BoardShot,
        BoardState, BoardTrash, ChangedProduction, GenerateOrder, GenerateOutcome, ProductionChange, ProductionFirst, ProductionProblem,
        ProjectCard, ProjectList, ShotFacts, ShotNews, ShotView, TrashedItem, conflict_words, take_differences,
    },
    position::{POSITION_STEP, position_after, position_between, spread},
    presets::{
        DEFAULT_NODE_KIND, QualityLevel, QualityLevels, QualityPresets, check_overrides, check_presets, default_presets, level_of,
        redo_overrides,
    },
    project::{Project, ProjectFields, slug},
    quality::QualityPreset,
    review::{ReviewGroup, ReviewState, TakeReview},
    scene::{Scene, SceneFields},
    shot::{AgentNote, Shot, ShotFields},
    structure::{NarrativeStructure, StructureStep, switch_beat, switch_chapter},
    structures::{DEFAULT_STRUCTURE, builtin_structure, builtin_structures},
    take::{Take, TakeFields, TakeState},
    vram::VramStatus,
};
