//! Samplers and schedulers of other programs by ComfyUI's names.

use super::{settings::PictureSettings, why};
use crate::recipe::Field;

/// Labels of Stable Diffusion WebUI and Forge (`modules/sd_samplers_kdiffusion.py`, `sd_samplers_timesteps.py`): the sampler, and the scheduler that
/// "Automatic" selects for it.
const LABELS: [(&str, &str, &str); 24] = [
    ("DPM++ 2M SDE Heun", "dpmpp_2m_sde_heun", "exponential"),
    ("DPM++ 2M SDE", "dpmpp_2m_sde", "exponential"),
    ("DPM++ 3M SDE", "dpmpp_3m_sde", "exponential"),
    ("DPM++ 2M", "dpmpp_2m", "karras"),
    ("DPM++ SDE", "dpmpp_sde", "karras"),
    ("DPM++ 2S a", "dpmpp_2s_ancestral", "karras"),
    ("DPM2 a", "dpm_2_ancestral", "karras"),
    ("DPM2", "dpm_2", "karras"),
    ("DPM fast", "dpm_fast", "normal"),
    ("DPM adaptive", "dpm_adaptive", "normal"),
    ("Euler a", "euler_ancestral", "normal"),
    ("Euler", "euler", "normal"),
    ("LMS", "lms", "normal"),
    ("Heun", "heun", "normal"),
    ("HeunPP2", "heunpp2", "normal"),
    ("DDIM", "ddim", "ddim_uniform"),
    ("DDPM", "ddpm", "normal"),
    ("UniPC", "uni_pc", "normal"),
    ("LCM", "lcm", "sgm_uniform"),
    ("DEIS", "deis", "normal"),
    ("IPNDM", "ipndm", "normal"),
    ("IPNDM_V", "ipndm_v", "normal"),
    ("Euler CFG++", "euler_cfg_pp", "normal"),
    ("Euler a CFG++", "euler_ancestral_cfg_pp", "normal"),
];

/// Labels of `modules/sd_schedulers.py`. Old versions write them behind the sampler: "DPM++ 2M Karras".
const SCHEDULES: [(&str, &str); 10] = [
    ("SGM Uniform", "sgm_uniform"),
    ("Karras", "karras"),
    // With its default, rho = 1, they are the same.
    ("Polyexponential", "exponential"),
    ("Exponential", "exponential"),
    ("Uniform", "normal"),
    ("KL Optimal", "kl_optimal"),
    ("Simple", "simple"),
    ("Normal", "normal"),
    ("DDIM", "ddim_uniform"),
    ("Beta", "beta"),
];

/// `schedule`: what newer versions write beside the sampler.
pub(super) fn of_infotext(read: &mut PictureSettings, label: &str, schedule: Option<&str>) {
    let behind = SCHEDULES.iter().find_map(|(name, scheduler)| {
        let at = label.len().checked_sub(name.len() + 1)?;
        let is_behind = label.get(at..)?.strip_prefix(' ')?.eq_ignore_ascii_case(name);
        Some((label.get(..at)?, *scheduler)).filter(|_| is_behind)
    });
    let (sampler, behind) = behind.map_or((label, None), |(sampler, scheduler)| (sampler, Some(scheduler)));
    let found = LABELS.iter().find(|(name, ..)| name.eq_ignore_ascii_case(sampler));
    match found {
        Some((_, sampler, _)) => read.set(Field::Sampler, *sampler),
        None => read.skip("Sampler", label, why::SAMPLER),
    }
    let automatic = found.map(|(.., automatic)| *automatic);
    match (schedule, behind) {
        (None, Some(behind)) => read.set(Field::Scheduler, behind),
        // Old versions: the schedule of the model, unless the label has another.
        (None, None) if found.is_some() => {
            read.set(Field::Scheduler, automatic.filter(|automatic| *automatic == "ddim_uniform").unwrap_or("normal"))
        }
        (None, None) => {}
        (Some("Automatic"), _) => {
            if let Some(automatic) = automatic {
                read.set(Field::Scheduler, automatic);
            }
        }
        (Some(schedule), _) => match SCHEDULES.iter().find(|(name, _)| name.eq_ignore_ascii_case(schedule)) {
            Some((_, scheduler)) => read.set(Field::Scheduler, *scheduler),
            None => read.skip("Schedule type", schedule, why::SCHEDULER),
        },
    }
}

/// InvokeAI's schedulers (`stable_diffusion/schedulers/schedulers.py`) name both: a `_k` at the end is Karras. Before 3.0 they begin with `k_`, as those of
/// NovelAI do.
pub(super) fn of_diffusers(read: &mut PictureSettings, name: &str) {
    let old = name.strip_prefix("k_");
    let (plain, scheduler) = name.strip_suffix("_k").map_or((old.unwrap_or(name), "normal"), |plain| (plain, "karras"));
    let sampler = match plain {
        "euler_a" | "euler_ancestral" => "euler_ancestral",
        "kdpm_2" | "dpm_2" => "dpm_2",
        "kdpm_2_a" | "dpm_2_a" => "dpm_2_ancestral",
        "dpmpp_2s_ancestral" => "dpmpp_2s_ancestral",
        "dpmpp_2" | "dpmpp_2m" => "dpmpp_2m",
        "dpmpp_2m_sde" => "dpmpp_2m_sde",
        "dpmpp_sde" => "dpmpp_sde",
        "unipc" => "uni_pc",
        "euler" | "heun" | "lms" | "deis" | "ddim" | "ddpm" | "lcm" | "er_sde" | "dpm_fast" => plain,
        _ => return read.skip("Scheduler", name, why::SAMPLER),
    };
    read.set(Field::Sampler, sampler);
    read.set(Field::Scheduler, if sampler == "ddim" { "ddim_uniform" } else { scheduler });
}
