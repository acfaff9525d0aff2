//! The memory of graphics cards: what agents claim, beside what is measured.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AgentActivity, AgentStatus, QualityPreset};
use crate::limits;

const GIB: f64 = 1_073_741_824.0;

/// In GB.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VramStatus {
    /// Measured, of all ComfyUIs that tell.
    pub total_vram: f64,
    /// Measured.
    pub used_vram: f64,
    /// Measured, of the ComfyUI that has most of it: a task cannot use that of several.
    pub available_vram: f64,
    /// What each agent claims, by its type. It need not be true.
    pub agent_usage: BTreeMap<String, f64>,
    /// What the available memory is enough for.
    pub recommended_quality: QualityPreset,
}

impl VramStatus {
    /// `measured`: free and total bytes of each ComfyUI. Without any, the recommendation is the default.
    #[must_use]
    pub fn of<'a>(measured: &[(u64, u64)], agents: impl IntoIterator<Item = &'a AgentActivity>) -> Self {
        let gb = |bytes: u64| bytes as f64 / GIB;
        let total = gb(measured.iter().map(|(_, total)| total).sum());
        let free = gb(measured.iter().map(|(free, total)| free.min(total)).sum());
        let available = gb(measured.iter().map(|(free, _)| *free).max().unwrap_or(0));
        let mut agent_usage = BTreeMap::new();
        for agent in agents {
            if let Some(usage) = agent.vram_usage.filter(|_| agent.status == AgentStatus::Working) {
                *agent_usage.entry(agent.agent_type.clone()).or_insert(0.0) += usage;
            }
        }
        let recommended_quality = if measured.is_empty() {
            QualityPreset::default()
        } else if available >= limits::VRAM_FOR_HIGH_GB {
            QualityPreset::High
        } else if available >= limits::VRAM_FOR_STANDARD_GB {
            QualityPreset::Standard
        } else {
            QualityPreset::Low
        };
        Self { total_vram: total, used_vram: total - free, available_vram: available, agent_usage, recommended_quality }
    }
}
