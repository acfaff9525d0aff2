//! All integration tests as one binary, so that the helpers are compiled and linked once. The tests that kill processes at random are in
//! `tests/chaos.rs`.

#![cfg(feature = "ssr")]
#![recursion_limit = "512"]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

#[path = "../support/mod.rs"]
mod support;

mod access;
mod access_matrix;
mod api;
mod api_editor;
mod api_files;
mod api_prompts;
mod api_refusals;
mod api_uploads;
mod api_workflows;
mod base_path;
mod citations;
mod client;
mod comfyui_import;
mod connections;
mod core_catalog;
mod core_progress;
mod core_recordings;
mod core_reducer;
mod core_socket_results;
mod cors;
mod demo;
mod demo_faults;
mod demo_replay;
mod deployment;
mod documents;
mod edits;
mod events;
mod external;
mod faults;
mod followers;
mod gallery;
mod gallery_compare;
mod gallery_events;
mod gallery_files;
mod gallery_plain;
mod gallery_undo;
mod gallery_zip;
mod gateway_access;
mod gateway_files;
mod gateway_messages;
mod gateway_replay;
mod gateway_routes;
mod gateway_socket;
mod gateway_stage;
mod gateway_visibility;
mod grids;
mod media;
mod model_files;
mod pages;
mod processes;
mod production_demo;
mod production_events;
mod production_generate;
mod production_live;
mod production_objects;
mod production_pages;
mod production_takes;
mod production_views;
mod production_webhooks;
mod proxy;
mod readme;
mod replica;
mod replica_stops;
mod run_warnings;
mod saved_forms;
mod server_forms;
mod server_http;
mod server_link;
mod server_live;
mod server_metrics;
mod server_tasks;
mod story_socket;
mod structure;
mod v2_assets;
mod v2_events;
mod v2_jobs;
mod webhooks;
mod webhooks_kill;
