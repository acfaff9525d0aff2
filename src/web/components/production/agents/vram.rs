//! The memory of graphics cards: what is measured, and what agents claim.

use leptos::prelude::*;

use super::super::page_data::PageData;
use crate::components::{
    bar::Bar,
    reactive::{Erased, memo, part},
};
use proto::production::{QualityPreset, views::AgentsPage};

pub(super) fn vram_card(data: PageData<AgentsPage>) -> AnyView {
    let vram = memo(move || data.with(|page| Some(page.vram.clone())).unwrap_or_default());
    let share = |part: f64, whole: f64| if whole > 0.0 { (part / whole * 1_000.0).clamp(0.0, 1_000.0) as u16 } else { 0 };
    let measured = memo(move || vram.with(|vram| share(vram.used_vram, vram.total_vram)));
    let claimed = memo(move || vram.with(|vram| vram.agent_usage.values().fold(0.0, |sum, gb| sum + gb)));
    let claimed_share = memo(move || vram.with(|vram| share(claimed.get(), vram.total_vram)));
    let quality = memo(move || match vram.with(|vram| vram.recommended_quality) {
        QualityPreset::Low => "low",
        QualityPreset::Standard => "standard",
        QualityPreset::High => "high",
    });
    view! {
        <section class="card vram" aria-labelledby="vram-title">
            <h2 id="vram-title">"Graphics memory"</h2>
            {part(move || if vram.with(|vram| vram.total_vram > 0.0) {
                view! {
                    <div class="vram-line" data-tone="good">
                        <span>"Measured"</span>
                        <Bar share=measured class="view-bar" />
                        <span>{memo(move || vram.with(|vram| format!("{:.1} of {:.1} GB", vram.used_vram, vram.total_vram)))}</span>
                    </div>
                    <div class="vram-line" data-tone="waiting">
                        <span>"Claimed"</span>
                        <Bar share=claimed_share class="view-bar" />
                        <span>{memo(move || format!("{:.1} GB", claimed.get()))}</span>
                    </div>
                    <p class="note">
                        {memo(move || vram.with(|vram| format!("{:.1} GB are free on the card that has most: enough for quality “", vram.available_vram)))}
                        {quality}"”. What agents claim need not be true."
                    </p>
                }.into_any()
            } else {
                view! {
                    <p class="note">
                        "No ComfyUI tells its memory now. Agents claim "{memo(move || format!("{:.1} GB", claimed.get()))}", which need not be true."
                    </p>
                }.erased()
            })}
        </section>
    }
    .erased()
}
